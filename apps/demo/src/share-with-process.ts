// Two processes, one buffer and one channel: this one makes data, the other reads and changes them where they are.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { defineProtocol, json, SharedChannel } from '@shared-channel/core'
import { createChannel, createSharedBuffer, postSharedBuffer } from '@shared-channel/native'

/** What the two say to each other; the buffer goes along the same channel. */
export const SHARING = defineProtocol({
  send: {
    ready: { id: 1, codec: json<null>(), reply: json<null>() },
    invert: { id: 2, codec: json<null>(), reply: json<{ sha256: string }>() },
  },
})

export interface SharingResult {
  readonly bytes: number
  /** What the other process read is what this one wrote. */
  readonly readUnchanged: boolean
  /** What it then wrote in the same place is seen here. */
  readonly seesChanges: boolean
  /** Until the other process had its own hold of the buffer. */
  readonly handOverMilliseconds: number
}

const PARTNER = fileURLToPath(new URL('../dist/partner.js', import.meta.url))

/**
 * Starts another process, gives it a buffer, has it read and invert all bytes in place, and looks at them here.
 *
 * @param bytes Of the buffer.
 * @param partner The program of the other process.
 */
export async function shareWithProcess(bytes: number, partner = PARTNER): Promise<SharingResult> {
  const { link, handle } = createChannel()
  const child = fork(partner, [handle], { execArgv: [] })
  const channel = new SharedChannel(link, SHARING)
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the other process ended with ${code ?? signal}`)))
  })
  const buffer = createSharedBuffer(bytes)
  try {
    fill(buffer.bytes)
    const expected = sha256(buffer.bytes)
    await Promise.race([channel.request('ready', null), ended]) // starting a process takes longer than the rest
    const start = performance.now()
    const posted = postSharedBuffer(channel, buffer, { access: 'read-write' })
    await Promise.race([posted.received, ended])
    const handOverMilliseconds = performance.now() - start
    const read = await Promise.race([channel.request('invert', null), ended])
    const first = buffer.bytes.slice(0, 4)
    invert(buffer.bytes) // once more: as it was
    return {
      bytes,
      readUnchanged: read.sha256 === expected,
      seesChanges: first.some((byte) => byte !== 0) && sha256(buffer.bytes) === expected,
      handOverMilliseconds,
    }
  } finally {
    ended.catch(() => {})
    buffer.close()
    await channel.close()
    child.kill()
  }
}

/** Each byte its complement. */
export function invert(bytes: Uint8Array): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  for (let i = 0; i < words.length; i++) words[i] = ~(words[i] as number)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function fill(bytes: Uint8Array): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761)
}
