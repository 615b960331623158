// An application that shows the newest of very many messages.
import { type MessageSource, SharedChannel, workerLink } from '@shared-channel/core'
import { useLatestMessage } from '@shared-channel/react'
import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { countFrames } from '../count-frames.ts'
import type { LevelSettings, Shown } from '../jobs.ts'
import { LEVELS } from './levels.ts'
import { withWorker } from './workers.ts'

const WARM_UP_MILLISECONDS = 500

interface LevelProps {
  readonly channel: MessageSource<typeof LEVELS>
  readonly rendered: (level: number | undefined) => void
}

function Level({ channel, rendered }: LevelProps) {
  const level = useLatestMessage(channel, 'level')
  useEffect(() => rendered(level))
  return <p>{level}</p>
}

/** Counts frames while levels come in and the newest one is shown. */
export function showLevels({ perSecond, milliseconds }: LevelSettings): Promise<Shown> {
  return withWorker('levels', async (worker) => {
    const channel = new SharedChannel(await workerLink(worker), LEVELS)
    const main = document.querySelector('main') as HTMLElement
    let renders = 0
    await new Promise<void>((resolve) => {
      const rendered = (level: number | undefined) => {
        renders++
        if (level !== undefined) resolve()
      }
      createRoot(main).render(<Level channel={channel} rendered={rendered} />)
      channel.send('start', perSecond)
    })
    await countFrames(WARM_UP_MILLISECONDS)
    const soFar = () => ({ levels: channel.stats().receivedMessages, renders })
    const before = soFar()
    const frames = await countFrames(milliseconds)
    const after = soFar()

    const last = await channel.request('stop', null)
    await new Promise(requestAnimationFrame) // behind the one that shows it
    if (main.textContent !== String(last)) {
      throw new Error(`the page shows level ${main.textContent}; the last one that was sent is ${last}`)
    }
    await channel.close()
    return { ...frames, levels: after.levels - before.levels, renders: after.renders - before.renders }
  })
}
