// Fixed buffers until there is no room for one more: each is a WebAssembly.Memory, which reserves gigabytes of the cage.
import { SharedChannelError } from '@shared-channel/core'
import { capabilities, createSharedBuffer, type SharedBuffer } from '@shared-channel/native'
import type { FixedBuffersResult } from './task.ts'

const SIZE = 1 << 16
const NO_END_IN_SIGHT = 200

export async function fixedBuffers(): Promise<FixedBuffersResult> {
  capabilities() // makes one for itself, once
  const madeForTen = countMemories(10)
  const buffers: SharedBuffer[] = []
  const refusal = fillUp(buffers)
  const opened = buffers.length
  buffers.shift()?.close()
  fillUp(buffers)
  const afterOneRelease = buffers.length
  for (const buffer of buffers.splice(0)) buffer.close()
  fillUp(buffers)
  return { madeForTen, opened, refusal, afterOneRelease, afterAllReleases: buffers.length }
}

/** How many memories the engine makes for buffers of which each is released before the next. */
function countMemories(buffers: number): number {
  const { Memory } = WebAssembly
  let made = 0
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, parameters) {
      made++
      return Reflect.construct(target, parameters)
    },
  })
  for (let i = 0; i < buffers; i++) {
    const buffer = createSharedBuffer(SIZE)
    buffer.arrayBuffer
    buffer.close()
  }
  WebAssembly.Memory = Memory
  return made
}

/** What refuses the next one. */
function fillUp(buffers: SharedBuffer[]): FixedBuffersResult['refusal'] {
  while (buffers.length < NO_END_IN_SIGHT) {
    const buffer = createSharedBuffer(SIZE)
    try {
      buffer.arrayBuffer
      buffers.push(buffer)
    } catch (error) {
      buffer.close()
      if (!(error instanceof SharedChannelError)) throw error
      return { code: error.code, message: error.message }
    }
  }
  return undefined
}
