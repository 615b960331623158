// The rule of the rows about handing a buffer over: until the other side has read its first byte, its last, and one in every
// 64 MiB between.

const STEP = 64 << 20
const MARK = 7

/** @returns What `touch` will find. */
export function mark(bytes: Uint8Array): number {
  const places = marked(bytes)
  for (const at of places) bytes[at] = MARK
  return places.length * MARK
}

function marked(bytes: Uint8Array): number[] {
  const places = [bytes.length - 1]
  for (let at = 0; at < bytes.length; at += STEP) places.push(at)
  return places
}

/** @returns The sum of what was read. */
export function touch(bytes: Uint8Array): number {
  return marked(bytes).reduce((total, at) => total + (bytes[at] as number), 0)
}
