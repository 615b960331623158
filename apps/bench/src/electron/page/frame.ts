// What plugin/camera.cpp films, and the other page: frames of one colour, with their number in the first word, in the last, and
// in one of each 4 KiB.

const WORDS_PER_NUMBER = 1024

/** Whether all of it is of one frame. */
export function isWhole(pixels: Uint8Array): boolean {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length >> 2)
  const number = words[0]
  for (let at = 0; at < words.length; at += WORDS_PER_NUMBER) if (words[at] !== number) return false
  return words[words.length - 1] === number
}

export const numberOf = ({ buffer, byteOffset }: Uint8Array): number =>
  new DataView(buffer, byteOffset).getUint32(0, true)

export function film(pixels: Uint8Array, number: number): void {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length >> 2)
  pixels.fill(number)
  for (let at = 0; at < words.length; at += WORDS_PER_NUMBER) words[at] = number
  words[words.length - 1] = number
}

/** Calls `take` so often, at its time. A call that comes late makes the others no later. */
export async function atRate(times: number, perSecond: number, take: (index: number) => void): Promise<void> {
  const start = machine.now()
  for (let index = 0; index < times; index++) {
    const wait = start + (index * 1000) / perSecond - machine.now()
    await new Promise((resolve) => setTimeout(resolve, Math.max(wait, 0)))
    take(index)
  }
}
