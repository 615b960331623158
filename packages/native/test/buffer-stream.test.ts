import { Readable, Writable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSharedBuffer } from '../lib/shared-buffer.ts'

const CHUNK = 65536

function open(size: number) {
  const buffer = createSharedBuffer(size)
  onTestFinished(() => buffer.close())
  return { buffer, stream: buffer.openStream() }
}

const numbered = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255)

/** What the stream fails with. */
const failureOf = (stream: { once(event: 'error', listener: (error: Error) => void): unknown }) =>
  new Promise<Error>((resolve) => stream.once('error', resolve))

describe('a stream of a buffer', () => {
  it('reads all of it, from its beginning, as copies', async () => {
    const { buffer, stream } = open(3 * CHUNK + 5)
    const data = numbered(buffer.size)
    buffer.bytes.set(data)
    const read = await collect(stream)
    buffer.bytes.fill(0)
    expect(Buffer.compare(read, data)).toBe(0)
    expect(stream.position).toBe(buffer.size)
  })

  it('writes into it, up to its end', async () => {
    const { buffer, stream } = open(2 * CHUNK)
    const data = numbered(buffer.size)
    await pipeline(Readable.from([data.subarray(0, 100), data.subarray(100)]), stream)
    expect(Buffer.compare(buffer.bytes, data)).toBe(0)
  })

  it('has one position for both, which can be moved', async () => {
    const { buffer, stream } = open(10)
    stream.write('abcdef')
    expect(stream.position).toBe(6)
    stream.position = 2
    stream.write('XY')
    stream.position = 1
    expect((await collect(stream)).toString()).toBe('bXYef\0\0\0\0')
    expect(Buffer.from(buffer.bytes).toString()).toBe('abXYef\0\0\0\0')
  })

  it.each([-1, 11, 1.5, Number.NaN, '1'])('refuses the position %s', (position) => {
    const { stream } = open(10)
    const move = () => {
      stream.position = position as number
    }
    expect(move).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(stream.position).toBe(0)
  })

  it('writes nothing of what does not fit, and says so', async () => {
    const { buffer, stream } = open(4)
    stream.write('ab')
    const failure = failureOf(stream)
    stream.write('cde')
    expect(await failure).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('3 bytes do not fit: there are 2'),
    })
    expect([...buffer.bytes]).toEqual([97, 98, 0, 0])
  })

  it('does not start on a closed buffer', () => {
    const { buffer } = open(4)
    buffer.close()
    expect(() => buffer.openStream()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('fails with CLOSED when the buffer is closed while it is read, and while it is written', async () => {
    for (const act of ['read', 'write'] as const) {
      const { buffer, stream } = open(4 * CHUNK)
      let chunks = 0
      const slow = new Writable({
        highWaterMark: 1,
        write: (_chunk, _encoding, done) => {
          if (++chunks === 1) buffer.close()
          setImmediate(done)
        },
      })
      const source = Readable.from(
        (function* () {
          for (;;) {
            if (++chunks === 2) buffer.close()
            yield new Uint8Array(100)
          }
        })(),
      )
      await expect(act === 'read' ? pipeline(stream, slow) : pipeline(source, stream)).rejects.toMatchObject({
        code: 'CLOSED',
      })
      expect(() => (stream.position = 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    }
  })

  it('is there as web streams, over the same position', async () => {
    const { buffer, stream } = open(2 * CHUNK)
    const { readable, writable } = stream.toWeb()
    const writer = writable.getWriter()
    await writer.write(numbered(CHUNK))
    expect(stream.position).toBe(CHUNK)
    stream.position = CHUNK - 2
    const reader = readable.getReader()
    const first = await reader.read()
    expect([...(first.value as Uint8Array).subarray(0, 3)]).toEqual([...numbered(CHUNK).subarray(-2), 0])
    await expect(writer.write(numbered(CHUNK + 1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    buffer.close()
    await expect(reader.read()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('says where there are no web streams', () => {
    const { stream } = open(1)
    vi.stubGlobal('ReadableStream', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(() => stream.toWeb()).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })
})
