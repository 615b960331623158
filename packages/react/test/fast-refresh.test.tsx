// A component is edited while its page runs: Fast Refresh keeps its state and runs its effects again.

import { until } from '@shared-channel/sample/testing'
import { useState } from 'react'
import { expect, it } from 'vitest'
import { useChannelMessage, useLatestMessage, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { loadRefreshRuntime } from './helpers/refresh-runtime.ts'

const refresh = await loadRefreshRuntime()
const { fireEvent, render, screen } = await import('@testing-library/react') // with React DOM, after the runtime

const host = cameraHost()
const notes: string[] = []
const customHooks = [useSharedChannel, useChannelMessage, useLatestMessage]

function useCamera(version: string) {
  const [clicks, setClicks] = useState(0)
  const { status, channel } = useSharedChannel({ key: 'camera', connect: host.connect, protocol: Camera })
  useChannelMessage(channel, 'note', (note) => notes.push(`${version}: ${note}`))
  useLatestMessage(channel, 'level')
  return { text: `${version}, ${status}, ${clicks} clicks`, click: () => setClicks(clicks + 1) }
}

function Before() {
  const { text, click } = useCamera('before')
  return (
    <button type="button" onClick={click}>
      {text}
    </button>
  )
}

function After() {
  const { text, click } = useCamera('after')
  return (
    <button type="button" onClick={click}>
      {text}
    </button>
  )
}

function Again() {
  const { text, click } = useCamera('again')
  return (
    <button type="button" onClick={click}>
      {text}
    </button>
  )
}

it('keeps the state of an edited component, connects once for each edit, and leaves nothing behind', async () => {
  const shows = (text: string) => until(() => screen.queryByText(text) !== null)
  refresh.load(Before, customHooks)
  const { unmount } = render(<Before />)
  await shows('before, open, 0 clicks')
  fireEvent.click(screen.getByRole('button'))
  host.peer.send('note', 'one')
  await until(() => notes.length === 1)

  refresh.load(After, customHooks)
  await shows('after, open, 1 clicks')
  expect(host.connects).toBe(2)
  await until(() => host.openLinks === 1)
  host.peer.send('note', 'two')
  await until(() => notes.length === 2)
  expect(notes).toEqual(['before: one', 'after: two'])

  refresh.load(Again, customHooks)
  await shows('again, open, 1 clicks')
  expect(host.connects).toBe(3)
  unmount()
  await until(() => host.openLinks === 0)
  expect(host.connects).toBe(3)
})
