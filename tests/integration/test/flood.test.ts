// receiveBudget: a plugin that sends faster than JavaScript takes leaves room for everything else.
import { bytes, defineProtocol, typedArray } from '@shared-channel/core'
import { expect, it } from 'vitest'
import { openChannel } from './helpers/channels.ts'
import { Data } from './helpers/protocols.ts'

const Flood = defineProtocol({
  send: { produce: { id: 3, codec: typedArray(Uint32Array) } },
  receive: { data: { id: 1, codec: bytes() } },
})
/** Far more than are needed; then the handler gives up, so that a channel that never lets go is a failed test. */
const MANY = 300_000
const NEEDED = 20

it.each([
  // Of all sizes, and small ones, of which the ring is never empty.
  ['flood', 10],
  ['measure', 0],
  ['measure', 10],
])(
  'timers and other channels go on under a flood of the plugin %s, with a budget of %d ms',
  async (name, receiveBudget) => {
    const flood = await openChannel(name, Flood, { options: 'send', receiveBudget })
    if (name === 'measure') flood.send('produce', Uint32Array.of(2 * MANY, 64, 0))
    const other = await openChannel('echo', Data)
    let flooded = 0
    let gaveUp = false
    const stop = flood.on('data', () => {
      // Slower than the plugin.
      for (const end = performance.now() + 0.02; performance.now() < end; );
      if (++flooded === MANY) {
        gaveUp = true
        stop()
      }
    })

    let timers = 0
    let timer: NodeJS.Timeout
    const tick = () => {
      timers++
      timer = setTimeout(tick, 1)
    }
    timer = setTimeout(tick, 1)
    let answers = 0
    await new Promise<void>((resolve) => {
      const check = () => {
        if (gaveUp || (timers >= NEEDED && answers >= NEEDED)) resolve()
      }
      other.on('data', () => {
        answers++
        if (other.state === 'open') other.send('data', new Uint8Array(8))
        check()
      })
      other.send('data', new Uint8Array(8))
      void flood.closed.then(() => resolve())
    })
    clearTimeout(timer)
    stop()
    expect({ gaveUp, state: flood.state }).toEqual({ gaveUp: false, state: 'open' })
    // The flood went on meanwhile: it was not starved either.
    expect(flooded).toBeGreaterThan(NEEDED)
  },
)
