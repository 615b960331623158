// Levels from a worker, at a rate.
import { custom, defineProtocol, flip, json, type Link, SharedChannel } from '@shared-channel/core'

const PAUSE_MILLISECONDS = 1

const cell = new Float64Array(1)
const bytesOfCell = new Uint8Array(cell.buffer)

const number = custom<number>({
  encode: (value) => {
    cell[0] = value
    return bytesOfCell
  },
  decode: (received) => {
    bytesOfCell.set(received)
    return cell[0] as number
  },
  input: 'scratch',
})

/** The page's end. */
export const LEVELS = defineProtocol({
  send: {
    /** Levels a second, from now on. */
    start: { id: 1, codec: json<number>() },
    /** Answered with how many were sent. */
    stop: { id: 2, codec: json<null>(), reply: json<number>() },
  },
  receive: {
    /** Numbered from 1. */
    level: { id: 3, codec: number },
  },
})

/** The worker: sends what is due whenever its timer comes, and is not too late to make up for it. */
export function sendLevels(link: Link): void {
  const channel = new SharedChannel(link, flip(LEVELS))
  let isOn = false
  let sent = 0
  channel.on('start', async (perSecond) => {
    isOn = true
    const start = performance.now()
    while (isOn) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1000)
      while (isOn && sent < due) if (!channel.send('level', ++sent)) await channel.ready
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    }
  })
  channel.handle('stop', () => {
    isOn = false
    return sent
  })
}
