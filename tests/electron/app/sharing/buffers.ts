// What each JavaScript process does with buffers when the main process calls it.
import {
  createSharedBuffer,
  type OpenSharedBufferOptions,
  openSharedBuffer,
  type SharedBuffer,
} from '@shared-channel/native'
import { checksum, fill } from './pattern.ts'
import { Table } from './table.ts'

/** A part of a buffer, in bytes, multiples of 4. */
export interface Part {
  readonly offset: number
  readonly length: number
}

/** Opened here, or received. */
export const buffers = new Table<SharedBuffer | Pick<SharedBuffer, 'bytes' | 'close'>>('buffer')

export const bufferActs = { createBuffer, openBuffer, fillPart, checksums, setByte, getByte, closeBuffer, closeBuffers }

/** @returns The handle. */
function createBuffer(name: string, size: number): string {
  const buffer = createSharedBuffer(size)
  buffers.set(name, buffer)
  return buffer.handle
}

function openBuffer(name: string, handle: string, options?: OpenSharedBufferOptions): void {
  buffers.set(name, openSharedBuffer(handle, options))
}

function fillPart(name: string, { offset, length }: Part, seed: number): void {
  fill(buffers.get(name).bytes.subarray(offset, offset + length), seed)
}

function checksums(name: string, parts: readonly Part[]): number[] {
  const { bytes } = buffers.get(name)
  return parts.map(({ offset, length }) => checksum(bytes.subarray(offset, offset + length)))
}

export function setByte(name: string, offset: number, value: number): void {
  buffers.get(name).bytes[offset] = value
}

export function getByte(name: string, offset: number): number | undefined {
  return buffers.get(name).bytes[offset]
}

/** @returns The length of a view of it afterwards. */
function closeBuffer(name: string): number {
  const { bytes } = buffers.get(name)
  buffers.take(name).close()
  return bytes.length
}

function closeBuffers(): void {
  for (const name of buffers.names) buffers.take(name).close()
}
