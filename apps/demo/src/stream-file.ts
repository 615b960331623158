import { createHash } from 'node:crypto'
import { bytes, defineProtocol, type Link, SharedChannel, text } from '@shared-channel/core'
import type { SourceFile } from './source-file.ts'

/** What plugin/sha256.cpp understands. */
export const SHA256 = defineProtocol({
  both: { chunk: { id: 1, codec: bytes({ view: true }) } },
  send: { finish: { id: 2, codec: bytes() } },
  receive: { digest: { id: 2, codec: text() } },
})

export interface StreamResult {
  readonly bytes: number
  /** SHA-256 of the original by node:crypto, and what the plugin says. */
  readonly expectedDigest: string
  readonly digest: string
  /** All bytes came back, in order and unchanged. */
  readonly returnedUnchanged: boolean
  readonly seconds: number
}

export const CHUNK_SIZE = 256 * 1024

/**
 * Streams a file through a plugin that computes its SHA-256 and sends the bytes back.
 *
 * @param file Read to its end, a chunk at a time. Not closed.
 * @param link The plugin. Closed at the end, whatever happens.
 * @param onProgress Called with the number of bytes that have come back.
 * @throws What the channel ended with, or what reading the file failed with.
 */
export async function streamFile(
  file: SourceFile,
  link: Link,
  onProgress: (bytes: number) => void,
): Promise<StreamResult> {
  const channel = new SharedChannel(link, SHA256)
  try {
    const start = performance.now()
    const returned = new ReturnedBytes(onProgress)
    channel.on('chunk', (chunk) => returned.check(chunk))
    const digest = answerOf(channel)
    const expected = createHash('sha256')
    let sent = 0
    for (;;) {
      const chunk = await readChunk(file)
      if (chunk.length === 0) break
      expected.update(chunk)
      returned.expect(chunk)
      sent += chunk.length
      if (!channel.send('chunk', chunk)) await channel.ready
    }
    channel.send('finish', new Uint8Array(0))
    return {
      bytes: sent,
      digest: await digest,
      expectedDigest: expected.digest('hex'),
      returnedUnchanged: returned.isComplete,
      seconds: (performance.now() - start) / 1000,
    }
  } finally {
    await channel.close()
  }
}

/** What is on its way through the plugin; each chunk that comes back must be the oldest of them. */
class ReturnedBytes {
  readonly #onProgress: (bytes: number) => void
  readonly #underway: Buffer[] = []
  #unchanged = true
  #bytes = 0

  constructor(onProgress: (bytes: number) => void) {
    this.#onProgress = onProgress
  }

  expect(chunk: Buffer): void {
    this.#underway.push(chunk)
  }

  check(chunk: Uint8Array): void {
    this.#unchanged &&= this.#underway.shift()?.equals(chunk) === true
    this.#bytes += chunk.length
    this.#onProgress(this.#bytes)
  }

  get isComplete(): boolean {
    return this.#unchanged && this.#underway.length === 0
  }
}

/** A chunk of the file in a buffer of its own; empty at the end. */
async function readChunk({ handle }: SourceFile): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_SIZE), 0, CHUNK_SIZE, null)
  return buffer.subarray(0, bytesRead)
}

function answerOf(channel: SharedChannel<typeof SHA256>): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    channel.on('digest', resolve)
    channel.onError(reject)
    channel.closed.then(({ reason }) => reject(reason ?? new Error('The plugin ended before it had answered.')))
  })
  answer.catch(() => {}) // it may fail while a chunk is being read; it is awaited at the end
  return answer
}
