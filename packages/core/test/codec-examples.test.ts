// Codecs of one's own, as they may be copied: msgpackr, and AES-256-GCM.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { pack, unpack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { type Codec, custom, json } from '../src/codec.ts'
import { defineProtocol } from '../src/protocol.ts'
import { openEnds } from './helpers/channel-pair.ts'
import { turns, until } from './helpers/wait.ts'

// ---- msgpackr ----

interface Point {
  name: string
  at: Date
  x: number[]
  raw: Uint8Array
}

/**
 * Dates, bytes and large integers, which JSON does not know; and fewer bytes. Its input is a copy, not `'scratch'`: bytes
 * that it decodes point into it.
 */
const messagePack = <T>(): Codec<T> => custom<T>({ encode: pack, decode: unpack })

describe('msgpackr', () => {
  const Points = defineProtocol({
    both: {
      point: { id: 1, codec: messagePack<Point>() },
      move: { id: 2, codec: messagePack<{ by: number }>(), reply: messagePack<{ moved: bigint }>() },
    },
  })
  const point = (seed: number): Point => ({
    name: `point ${seed}`,
    at: new Date(1_700_000_000_000 + seed),
    x: [seed, seed + 0.5, seed / 7],
    raw: new Uint8Array([seed, 2, 3]),
  })

  it('carries what JSON cannot, also while messages wait: the encoder uses its memory again', async () => {
    const { a, b } = openEnds(Points)
    const received: Point[] = []
    for (let i = 0; i < 100; i++) a.send('point', point(i))
    expect(a.stats().queuedMessages).toBeGreaterThan(10)
    const direct = a.sendDirect('point', point(100))
    b.on('point', (value) => received.push(value))
    await direct
    await until(() => received.length === 101)
    for (const [index, { raw, ...rest }] of received.entries()) {
      const { raw: sent, ...others } = point(index)
      expect(rest).toEqual(others)
      expect([...raw]).toEqual([...sent])
    }
  })

  it('carries calls and their replies', async () => {
    const { a, b } = openEnds(Points)
    b.handle('move', ({ by }) => ({ moved: 2n ** 62n + BigInt(by) }))
    expect(await a.request('move', { by: 5 })).toEqual({ moved: 2n ** 62n + 5n })
  })
})

// ---- AES-256-GCM ----

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * What another codec encodes, sealed: a nonce, the tag, the ciphertext. Who reads the shared memory without the key sees
 * nothing; who changes a byte of it makes the message an error.
 *
 * @param key 32 bytes, which both ends have from elsewhere.
 */
function sealed<In, Out>(inner: Codec<In, Out>, key: Uint8Array): Codec<In, Out> {
  return custom<In, Out>({
    encode(value) {
      const nonce = randomBytes(NONCE_BYTES) // fresh for each message: the same one twice would give the key away
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const text = [cipher.update(inner.encode(value)), cipher.final()]
      return Buffer.concat([nonce, cipher.getAuthTag(), ...text])
    },
    decode(bytes) {
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
      return inner.decode(Buffer.concat([text, decipher.final()])) // final throws unless the tag is right
    },
    input: 'scratch', // checked in private memory: shared memory could change between the check and the use
  })
}

describe('AES-256-GCM', () => {
  const key = randomBytes(32)
  const Sealed = defineProtocol({ both: { secret: { id: 1, codec: sealed(json<unknown>(), key) } } })
  const at = (memory: ArrayBufferLike, what: Uint8Array) => Buffer.from(memory).indexOf(what)

  it('carries messages that are nowhere to be read in the shared memory', async () => {
    const { a, b, memory } = openEnds(Sealed)
    const received: unknown[] = []
    b.on('secret', (value) => received.push(value))
    const messages = [{ text: 'attack at dawn' }, 'x'.repeat(10_000), null]
    for (const message of messages) a.send('secret', message)
    await until(() => received.length === 3)
    expect(received).toEqual(messages)
    expect(at(memory, Buffer.from('attack at dawn'))).toBe(-1)
    expect(at(memory, Buffer.from('xxxx'))).toBe(-1)
  })

  it('seals the same message differently each time', () => {
    const { codec } = Sealed.send.secret
    const nonces = Array.from({ length: 100 }, () => Buffer.from(codec.encode('same').subarray(0, 12)).toString('hex'))
    expect(new Set(nonces).size).toBe(100)
    const [one, other] = [codec.encode('same'), codec.encode('same')]
    expect(one).not.toEqual(other)
    expect(codec.decode(one)).toBe('same')
  })

  it.each([
    ['its nonce', 0],
    ['its tag', NONCE_BYTES],
    ['its text', NONCE_BYTES + TAG_BYTES],
  ])('makes a message whose %s was changed an error, and receiving goes on', async (_, offset) => {
    const { a, b, memory } = openEnds(Sealed)
    const errors: unknown[] = []
    const received: unknown[] = []
    b.onError((error) => errors.push(error))
    b.on('secret', (value) => received.push(value))
    a.send('secret', 'first')
    a.send('secret', 'changed')
    a.send('secret', 'third')
    const ring = new Uint8Array(memory, 65536)
    const record = 8 + Math.ceil((NONCE_BYTES + TAG_BYTES + '"first"'.length) / 8) * 8
    ring[record + 8 + offset] = (ring[record + 8 + offset] ?? 0) ^ 1
    await until(() => received.length === 2)
    await turns()
    expect(received).toEqual(['first', 'third'])
    expect(errors).toEqual([expect.any(Error)])
    expect(b.state).toBe('open')
  })

  it('makes a message that is too short, or sealed with another key, an error', () => {
    const { codec } = Sealed.send.secret
    for (const size of [0, 5, 12, 20, 28]) expect(() => codec.decode(new Uint8Array(size))).toThrow()
    const foreign = sealed(json<unknown>(), randomBytes(32)).encode('foreign')
    expect(() => codec.decode(foreign)).toThrow()
  })
})
