// What the app fills memory with, as the tests know it without the app.
import { checksum, fill } from './app/sharing/pattern.ts'

/** Of so many bytes that were filled from a seed. */
export function checksumOf(seed: number, bytes: number): number {
  const memory = new Uint8Array(bytes)
  fill(memory, seed)
  return checksum(memory)
}
