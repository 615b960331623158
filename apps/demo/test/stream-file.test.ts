import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Link } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { describe, expect, it } from 'vitest'
import { isMatch } from '../src/report.ts'
import { openSource } from '../src/source-file.ts'
import { CHUNK_SIZE, type StreamResult, streamFile } from '../src/stream-file.ts'
import { type Faults, fakePlugin } from './helpers/fake-plugin.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const PLUGIN = fileURLToPath(new URL('../build/Release/sha256', import.meta.url))
const folder = temporaryFolder()
const CONTENT = randomBytes(3 * CHUNK_SIZE + 17)
const DIGEST = createHash('sha256').update(CONTENT).digest('hex')

async function stream(content: Uint8Array, link: Link, onProgress = (_: number) => {}): Promise<StreamResult> {
  const file = await openSource(folder.write('content.bin', content))
  try {
    return await streamFile(file, link, onProgress)
  } finally {
    await file.handle.close()
  }
}

describe('streaming a file through the plugin', () => {
  it.each([0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 20 * CHUNK_SIZE + 5])(
    'matches at %i bytes',
    async (size) => {
      const content = randomBytes(size)
      const result = await stream(content, await openPlugin(PLUGIN))
      expect(result.bytes).toBe(size)
      expect(result.digest).toBe(createHash('sha256').update(content).digest('hex'))
      expect(isMatch(result)).toBe(true)
    },
  )

  it('tells how many bytes have come back, up to all of them', async () => {
    const steps: number[] = []
    await stream(CONTENT, await openPlugin(PLUGIN), (bytes) => steps.push(bytes))
    expect(steps).toEqual([CHUNK_SIZE, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE, CONTENT.length])
  })

  it('closes the channel', async () => {
    const plugin = await openPlugin(PLUGIN)
    await stream(CONTENT, plugin)
    const listener = { wake() {}, error() {}, ended() {}, interrupted: () => undefined, resumed: () => 0 }
    expect(() => plugin.listen(listener)).toThrow()
  })
})

describe('the check', () => {
  const through = (faults: Faults) => stream(CONTENT, fakePlugin(faults))

  it('passes a plugin that does its work', async () => {
    const result = await through({})
    expect(result).toMatchObject({
      bytes: CONTENT.length,
      digest: DIGEST,
      expectedDigest: DIGEST,
      returnedUnchanged: true,
    })
    expect(isMatch(result)).toBe(true)
  })

  it('notices a wrong digest, though the bytes are right', async () => {
    const result = await through({ digest: (digest) => digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) })
    expect([result.returnedUnchanged, isMatch(result)]).toEqual([true, false])
  })

  it('notices a single changed bit, though the digest is right', async () => {
    const result = await through({
      giveBack: (chunk, index, send) => {
        const changed = Uint8Array.from(chunk)
        if (index === 2) changed[12_345] = (changed[12_345] as number) ^ 1
        send(changed)
      },
    })
    expect([result.digest, result.returnedUnchanged, isMatch(result)]).toEqual([DIGEST, false, false])
  })

  it('notices a chunk that does not come back', async () => {
    const result = await through({ giveBack: (chunk, index, send) => index !== 3 && send(chunk) })
    expect([result.digest, result.returnedUnchanged, isMatch(result)]).toEqual([DIGEST, false, false])
  })

  it('notices a chunk that comes back twice', async () => {
    const result = await through({
      giveBack: (chunk, index, send) => {
        send(chunk)
        if (index === 3) send(chunk)
      },
    })
    expect([result.returnedUnchanged, isMatch(result)]).toEqual([false, false])
  })

  it('notices chunks that change places', async () => {
    let held: Uint8Array | undefined
    const result = await through({
      giveBack: (chunk, index, send) => {
        if (index === 0) {
          held = Uint8Array.from(chunk)
          return
        }
        send(chunk)
        if (index === 1) send(held as Uint8Array)
      },
    })
    expect([result.returnedUnchanged, isMatch(result)]).toEqual([false, false])
  })

  it('fails when the plugin ends in the middle', async () => {
    await expect(through({ endAt: 1 })).rejects.toThrow()
  })
})
