import { Readable, Writable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSharedBuffer, openSharedBuffer } from '../lib/shared-buffer.ts'

const CHUNK = 65536

function open(size: number) {
  const buffer = createSharedBuffer(size)
  const stream = buffer.openStream()
  onTestFinished(() => {
    stream.destroy()
    buffer.close()
  })
  return { buffer, stream }
}

const numbered = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255)

/** Everything that waits gets its turn. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

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

  it('gives read(n) n bytes, or what is left, and takes nothing ahead', async () => {
    const { buffer, stream } = open(10)
    buffer.bytes.set(numbered(10))
    const first = stream.read(4)
    expect(stream.position).toBe(4)
    buffer.bytes.fill(0)
    expect([...first], 'a copy').toEqual([...numbered(4)])
    await turn()
    expect(stream.position).toBe(4)
    expect(stream.read(100)).toHaveLength(6)
    expect(stream.position).toBe(10)
  })

  it('can be read again from where it is moved to, when everything was read', async () => {
    const { buffer, stream } = open(CHUNK + 10)
    buffer.bytes.set(numbered(buffer.size))
    expect(stream.read(buffer.size)).toHaveLength(buffer.size)
    await turn()
    stream.position = 3
    expect([...stream.read(2)]).toEqual([...numbered(5).subarray(3)])
    stream.position = buffer.size
    const ended = new Promise((resolve) => stream.once('end', resolve))
    expect(stream.read()).toBe(null)
    await ended
  })

  it('is moved in the middle of an iteration, which goes on from there with nothing else in between', async () => {
    const { buffer, stream } = open(5 * CHUNK)
    buffer.bytes.forEach((_, i, bytes) => {
      bytes[i] = i / CHUNK
    })
    const seen: number[] = []
    for await (const chunk of stream) {
      seen.push(chunk[0], chunk.length)
      if (seen.length === 4) {
        await turn() // for what would be taken ahead
        expect(stream.position).toBe(2 * CHUNK)
        stream.position = 5 * CHUNK - 3
      }
    }
    expect(seen).toEqual([0, CHUNK, 1, CHUNK, 4, 3])
  })

  it('writes behind what was read, whatever was taken ahead, and reads on behind that', async () => {
    const { buffer, stream } = open(4 * CHUNK)
    const taken = new Promise((resolve) => stream.once('readable', resolve))
    stream.on('readable', () => {})
    await taken
    expect(stream.readableLength).toBe(CHUNK)
    expect(stream.position).toBe(0)
    stream.write(Buffer.alloc(10, 'x'))
    expect(stream.position).toBe(10)
    expect(buffer.bytes.lastIndexOf(120)).toBe(9)
    buffer.bytes[10] = 33
    await new Promise((resolve) => stream.once('readable', resolve))
    expect(stream.read(1)[0]).toBe(33)
    expect(stream.position).toBe(11)
  })

  it('stops where it is paused', async () => {
    const { stream } = open(10 * CHUNK)
    await new Promise<void>((resolve) => {
      stream.on('data', () => {
        if (stream.position === 3 * CHUNK) {
          stream.pause()
          resolve()
        }
      })
    })
    await turn()
    await turn()
    expect(stream.position).toBe(3 * CHUNK)
    stream.position = 10 * CHUNK - 1
    const rest = new Promise((resolve) => stream.once('data', resolve))
    stream.resume()
    expect(await rest).toHaveLength(1)
  })

  it('tells no listener of what was taken and is not read because it was moved', async () => {
    const { stream } = open(4 * CHUNK)
    const lengths: number[] = []
    stream.on('data', (chunk) => lengths.push(chunk.length))
    stream.once('data', () => setImmediate(() => stream.pause()))
    while (!stream.isPaused() || stream.readableLength === 0) await turn()
    const told = lengths.length
    stream.position = 4 * CHUNK - 7
    expect([stream.readableLength, lengths.length]).toEqual([0, told])
    stream.resume()
    await new Promise((resolve) => stream.once('end', resolve))
    expect(lengths.slice(told)).toEqual([7])
  })

  it('lets others have their turn between chunks', async () => {
    const { stream } = open(20 * CHUNK)
    let turns = 0
    const count = () => {
      turns++
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    await collect(stream)
    clearImmediate(next)
    expect(turns).toBeGreaterThan(15)
  })

  it('does what a file would, whatever is asked of it', () => {
    const seed = Number(process.env.SHARED_CHANNEL_SEED ?? Date.now() % 1e6)
    let state = seed
    const random = (end: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * end)
    }
    const size = 2 * CHUNK
    const { buffer, stream } = open(size)
    const expected = Buffer.alloc(size)
    let position = 0
    for (let step = 0; step < 2000; step++) {
      const length = random(4) === 0 ? random(size) : 1 + random(50)
      const what = random(3)
      if (what === 0) stream.position = position = random(size)
      const fitting = Math.min(length, size - position)
      if (fitting === 0) continue
      if (what === 1) {
        const data = Buffer.alloc(fitting, step)
        stream.write(data)
        expected.set(data, position)
        position += fitting
      } else if (what === 2) {
        const read = stream.read(length)
        const same = Buffer.compare(read, expected.subarray(position, position + fitting)) === 0
        expect(same, `step ${step}, SHARED_CHANNEL_SEED=${seed}`).toBe(true)
        position += fitting
      }
      expect(stream.position, `step ${step}, SHARED_CHANNEL_SEED=${seed}`).toBe(position)
    }
    expect(Buffer.compare(buffer.bytes, expected)).toBe(0)
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

  it('refuses to write where writing would end the process', async () => {
    const { buffer } = open(4)
    const strict = openSharedBuffer(buffer.handle, { access: 'read-only-strict' })
    onTestFinished(() => strict.close())
    const stream = strict.openStream()
    const failure = failureOf(stream)
    stream.write('ab')
    expect(await failure).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('strict') })
    expect([...buffer.bytes]).toEqual([0, 0, 0, 0])
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

  it('gives nothing of a closed buffer, not even what it had taken', async () => {
    const { buffer, stream } = open(4 * CHUNK)
    await new Promise((resolve) => stream.once('readable', resolve))
    expect(stream.readableLength).toBeGreaterThan(0)
    const failure = failureOf(stream)
    buffer.close()
    expect(stream.read()).toBe(null)
    expect(await failure).toMatchObject({ code: 'CLOSED' })
    expect(() => stream.position).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('takes bytes in every form as a web stream, and nothing else', async () => {
    const { buffer, stream } = open(40)
    const writer = stream.toWeb().writable.getWriter()
    const floats = new Float32Array([0, 1.5, 2.5])
    const forms = [new Uint8Array([1, 2]).buffer, floats.subarray(1), new DataView(floats.buffer, 4, 4)]
    for (const form of forms) await writer.write(form)
    const four = new Uint8Array(floats.buffer, 4)
    expect([...buffer.bytes.subarray(0, 14)]).toEqual([1, 2, ...four, ...four.subarray(0, 4)])
    expect(stream.position).toBe(14)
    await expect(writer.write('text' as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(stream.position).toBe(14)
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
