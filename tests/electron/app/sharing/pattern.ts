// Contents that can be told apart. Both functions use nothing but their arguments: pages get their source.

/** Fills with what follows from a seed other than 0. Offset and length are multiples of 4. */
export function fill(bytes: Uint8Array, seed: number): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
}

export function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  let sum = 0x811c9dc5
  for (const word of words) sum = Math.imul(sum ^ word, 0x01000193) >>> 0
  return sum
}
