import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { SharedChannel } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SHA256 } from '../src/stream-file.ts'

const PLUGIN = fileURLToPath(new URL('../build/Release/sha256', import.meta.url))

describe('the SHA-256 plugin', () => {
  let channel: SharedChannel<typeof SHA256>
  let onDigest: (digest: string) => void = () => {}
  let returned: Buffer[] = []

  beforeAll(async () => {
    channel = new SharedChannel(await openPlugin(PLUGIN), SHA256)
    channel.on('digest', (digest) => onDigest(digest))
    channel.on('chunk', (chunk) => returned.push(Buffer.from(chunk)))
  })

  afterAll(() => channel.close())

  /** Each call starts a new digest. */
  async function digestOf(chunks: readonly Uint8Array[]): Promise<string> {
    returned = []
    const digest = new Promise<string>((resolve) => {
      onDigest = resolve
    })
    for (const chunk of chunks) if (!channel.send('chunk', chunk)) await channel.ready
    channel.send('finish', new Uint8Array(0))
    return digest
  }

  const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  it.each([
    { text: '', digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    { text: 'abc', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
    {
      text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      digest: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    },
  ])('knows the vectors of the standard: "$text"', async ({ text, digest }) => {
    expect(await digestOf([new TextEncoder().encode(text)])).toBe(digest)
  })

  it('agrees with node:crypto at every length around its blocks', async () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff)
      expect(await digestOf([bytes]), `length ${length}`).toBe(expected(bytes))
    }
  })

  it('agrees with node:crypto however the bytes are cut, and sends them back as they came', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(chunks, async (list) => {
        const bytes = Buffer.concat(list)
        expect(await digestOf(list)).toBe(expected(bytes))
        expect(Buffer.concat(returned).equals(bytes)).toBe(true)
        expect(returned.map((chunk) => chunk.length)).toEqual(list.map((chunk) => chunk.length))
      }),
    )
  })

  it('agrees with node:crypto on more than its rings hold', async () => {
    const chunk = Uint8Array.from({ length: 100_003 }, (_, i) => i * i)
    const list = Array.from({ length: 60 }, () => chunk)
    expect(await digestOf(list)).toBe(expected(Buffer.concat(list)))
    expect(returned).toHaveLength(60)
    expect(returned.every((bytes) => bytes.equals(chunk))).toBe(true)
  })
})
