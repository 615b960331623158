import { useChannelMessage, useLatestMessage, useSharedChannel } from '@shared-channel/react'
import { useRef } from 'react'
import { Camera, connectCamera } from './camera.ts'

export function Level({ size }: { size: number }) {
  const frames = useRef(0)
  const camera = useSharedChannel({
    key: ['camera', size],
    connect: connectCamera,
    protocol: Camera,
    channelOptions: { maxMessageBytes: size },
    retry: 3,
  })
  const level = useLatestMessage(camera.channel, 'level')
  useChannelMessage(camera.channel, 'frame', (pixels) => {
    frames.current += pixels.byteLength
  })

  if (camera.status === 'error') return <p>{String(camera.error)}</p>
  return (
    <main>
      <p>{camera.status}</p>
      <meter value={level ?? 0} />
      <button type="button" onClick={() => camera.send('command', { exposure: 8 })}>
        Expose
      </button>
    </main>
  )
}
