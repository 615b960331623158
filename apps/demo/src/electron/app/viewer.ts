// The second window: shows, and changes, what the first one shares with it.
import { flip, SharedChannel } from '@shared-channel/core'
import { onLink } from '@shared-channel/electron/renderer'
import { WINDOWS_LINK } from '../result.ts'
import { draw, say } from './picture.ts'
import { CANVAS_WORDS, SHOWN, sumOf, WINDOWS, WRONG } from './protocol.ts'

onLink(WINDOWS_LINK, (link) => {
  const painter = new SharedChannel(link, flip(WINDOWS))
  painter.handle('canvas', (canvas) => {
    const words = new Uint32Array(canvas.getBuffer(), 0, CANVAS_WORDS)
    painter.on('painted', () => show(words))
    return null
  })
  let large: Uint32Array = new Uint32Array(0)
  painter.handle('large', (buffer) => {
    large = new Uint32Array(buffer.getBuffer(), 0, buffer.size / 4)
    return null
  })
  painter.handle('invert', () => {
    const sum = sumOf(large)
    for (let i = 0; i < large.length; i++) large[i] = ~(large[i] as number)
    return { sum }
  })
})

/** The first window leaves the memory alone until it sees there that this was shown. */
function show(words: Uint32Array): void {
  if (!draw(words)) Atomics.add(words, WRONG, 1)
  const shown = Atomics.add(words, SHOWN, 1) + 1
  if (shown % 15 === 0) say('shown', String(shown))
}
