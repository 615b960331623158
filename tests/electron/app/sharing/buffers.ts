// What each JavaScript process does with buffers when the main process calls it. Their names are the main process's.
import {
  createSharedBuffer,
  type OpenSharedBufferOptions,
  openSharedBuffer,
  type SharedBuffer,
} from '@shared-channel/native'
import { checksum, fill } from './pattern.ts'

/** A part of a buffer, in bytes, multiples of 4. */
export interface Part {
  readonly offset: number
  readonly length: number
}

const buffers = new Map<string, SharedBuffer>()

/** @returns The handle. */
export function createBuffer(name: string, size: number): string {
  const buffer = createSharedBuffer(size)
  buffers.set(name, buffer)
  return buffer.handle
}

export function openBuffer(name: string, handle: string, options?: OpenSharedBufferOptions): void {
  buffers.set(name, openSharedBuffer(handle, options))
}

export function fillPart(name: string, { offset, length }: Part, seed: number): void {
  fill(bytesOf(name).subarray(offset, offset + length), seed)
}

export function checksums(name: string, parts: readonly Part[]): number[] {
  const bytes = bytesOf(name)
  return parts.map(({ offset, length }) => checksum(bytes.subarray(offset, offset + length)))
}

export function setByte(name: string, offset: number, value: number): void {
  bytesOf(name)[offset] = value
}

export function getByte(name: string, offset: number): number | undefined {
  return bytesOf(name)[offset]
}

/** @returns The length of a view of it afterwards. */
export function closeBuffer(name: string): number {
  const bytes = bytesOf(name)
  buffers.get(name)?.close()
  buffers.delete(name)
  return bytes.length
}

export function closeBuffers(): void {
  for (const name of [...buffers.keys()]) closeBuffer(name)
}

function bytesOf(name: string): Uint8Array {
  const buffer = buffers.get(name)
  if (buffer === undefined) throw new Error(`there is no buffer "${name}"`)
  return buffer.bytes
}
