// What the windows say to the plugin, and to each other.
import { bytes, defineProtocol, json, typedArray } from '@shared-channel/core'
import { sharedBuffer } from '@shared-channel/electron/renderer'

/** What plugin/picture.cpp understands. */
export const PICTURE = defineProtocol({
  send: { draw: { id: 1, codec: typedArray(Uint32Array) } },
  receive: { frame: { id: 2, codec: bytes({ view: true }) } },
})

export const WIDTH = 900
export const HEIGHT = 600
/** Words of a frame before its pixels: its number, and the sum of the pixels' words. */
export const HEAD_WORDS = 2

/** From the first window to the second. */
export const WINDOWS = defineProtocol({
  send: {
    /** A frame, as it comes from the plugin, and behind it what the second window answers; both see the same memory. */
    canvas: { id: 1, codec: sharedBuffer(), reply: json<null>() },
    /** There is another frame in it. */
    painted: { id: 2, codec: bytes() },
    /** A large one. */
    large: { id: 3, codec: sharedBuffer(), reply: json<null>() },
    /** Inverts all bytes of the large one in place. */
    invert: { id: 4, codec: json<null>(), reply: json<{ sum: number }>() },
  },
})

/** The words of the canvas: a frame, then how many frames the second window has shown, and how many of them were wrong. */
export const SHOWN = HEAD_WORDS + WIDTH * HEIGHT
export const WRONG = SHOWN + 1
export const CANVAS_WORDS = WRONG + 1

/** Of 32-bit words, modulo 2^32. */
export function sumOf(words: Uint32Array): number {
  let sum = 0
  for (let i = 0; i < words.length; i++) sum = (sum + (words[i] as number)) | 0
  return sum >>> 0
}
