// Frames from the other page, over a MessagePort.
import type { FrameSettings } from '../order.ts'
import { atRate, film } from './frame.ts'

interface Film {
  readonly order: 'film'
  readonly settings: FrameSettings
}

interface Filmed {
  /** That the filming process has used, in seconds. */
  readonly cpuSeconds: number
}

/** @returns When all have been sent; what came before was given to `take`. */
export function receiveFilm(
  port: MessagePort,
  settings: FrameSettings,
  take: (pixels: Uint8Array) => void,
): Promise<Filmed> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<Uint8Array | Filmed>) => {
      if (data instanceof Uint8Array) take(data)
      else resolve(data)
    }
    port.postMessage({ order: 'film', settings } satisfies Film)
  })
}

/** The other page. */
export function filmOverPort(port: MessagePort): (message: Film) => Promise<void> {
  return async ({ settings: { frames, perSecond, width, height } }) => {
    const pixels = new Uint8Array(width * height * 4)
    const before = machine.cpuSeconds()
    await atRate(frames, perSecond, (index) => {
      film(pixels, index)
      port.postMessage(pixels)
    })
    port.postMessage({ cpuSeconds: machine.cpuSeconds() - before } satisfies Filmed)
  }
}
