// Shared buffers within one process; tests/integration has those of several.
import { afterEach, describe, expect, it } from 'vitest'
import { createChannel } from '../lib/channel-link.ts'
import {
  createSharedBuffer,
  type OpenSharedBufferOptions,
  openSharedBuffer,
  type SharedBuffer,
} from '../lib/shared-buffer.ts'

const STEP = 65536
const PAGE = 4096

const open: SharedBuffer[] = []
afterEach(() => {
  for (const buffer of open.splice(0)) buffer.close()
})

function create(size: number): SharedBuffer {
  const buffer = createSharedBuffer(size)
  open.push(buffer)
  return buffer
}

function openAgain(buffer: SharedBuffer, options?: OpenSharedBufferOptions): SharedBuffer {
  const opened = openSharedBuffer(buffer.handle, options)
  open.push(opened)
  return opened
}

const error = (code: string) => expect.objectContaining({ name: 'SharedChannelError', code })

describe('createSharedBuffer', () => {
  it.each([1, 4095, STEP - 1, STEP, STEP + 1, 3 * STEP, 1 << 20])('gives %i zeroed bytes', (size) => {
    const buffer = create(size)
    expect(buffer.size).toBe(size)
    expect([buffer.bytes.byteOffset, buffer.bytes.length]).toEqual([0, size])
    expect(buffer.arrayBuffer.byteLength).toBe(Math.ceil(size / STEP) * STEP)
    expect(new Uint8Array(buffer.arrayBuffer).every((byte) => byte === 0)).toBe(true)
  })

  it('gives an ArrayBuffer of fixed size, and the same one each time', () => {
    const { arrayBuffer, bytes } = create(5)
    expect(Object.prototype.toString.call(arrayBuffer)).toBe('[object ArrayBuffer]')
    expect((arrayBuffer as { resizable?: boolean }).resizable).not.toBe(true)
    expect(bytes.buffer).toBe(arrayBuffer)
    const buffer = create(5)
    expect(buffer.arrayBuffer).toBe(buffer.arrayBuffer)
    expect(buffer.bytes).toBe(buffer.bytes)
    expect(buffer.bytes.buffer).toBe(buffer.arrayBuffer)
  })

  it('gives 4 GiB, or says that there is no room', () => {
    let buffer: SharedBuffer
    try {
      buffer = create(2 ** 32)
    } catch (reason) {
      expect(reason).toEqual(error('OUT_OF_MEMORY'))
      return
    }
    expect(buffer.bytes.length).toBe(2 ** 32)
    buffer.bytes[2 ** 32 - 1] = 7
    expect(openAgain(buffer).bytes[2 ** 32 - 1]).toBe(7)
  })

  it.each([0, -1, 0.5, 2 ** 32 + 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '65536', 5n, null, undefined, {}])(
    'refuses a size of %s, and says what is right',
    (size) => {
      expect(() => createSharedBuffer(size as number)).toThrow(error('INVALID_ARGUMENT'))
      expect(() => createSharedBuffer(size as number)).toThrow(/whole number of bytes from 1 to 4294967296/)
    },
  )

  it('gives memory of its own each time', () => {
    const buffers = Array.from({ length: 40 }, () => create(100))
    for (const [i, buffer] of buffers.entries()) buffer.bytes.fill(i + 1)
    for (const [i, buffer] of buffers.entries()) expect(buffer.bytes.every((byte) => byte === i + 1)).toBe(true)
    expect(new Set(buffers.map(({ handle }) => handle)).size).toBe(40)
  })
})

describe('openSharedBuffer', () => {
  it('gives the same memory, with the size that was asked for', () => {
    const buffer = create(STEP + 1)
    const other = openAgain(buffer)
    expect(other.size).toBe(STEP + 1)
    buffer.bytes[STEP] = 1
    other.bytes[0] = 2
    expect([other.bytes[STEP], buffer.bytes[0]]).toEqual([1, 2])
  })

  it('gives memory that outlives the one it was opened by', () => {
    const buffer = create(10)
    buffer.bytes[3] = 4
    const other = openAgain(buffer)
    buffer.close()
    expect(other.bytes[3]).toBe(4)
    other.bytes[3] = 5
    expect(openAgain(other).bytes[3]).toBe(5)
  })

  it('for reading: what is written stays with the writer, and its page follows no more; other pages do', () => {
    const buffer = create(3 * PAGE)
    const reader = openAgain(buffer, { access: 'read-only' })
    reader.bytes[0] = 1
    expect([reader.bytes[0], buffer.bytes[0]]).toEqual([1, 0])
    buffer.bytes.set([2, 3], 0)
    buffer.bytes[PAGE] = 4
    expect([...reader.bytes.subarray(0, 2)]).toEqual([1, 0])
    expect(reader.bytes[PAGE]).toBe(4)
  })

  it('for reading strictly: what the owner writes is seen', () => {
    const buffer = create(3)
    const reader = openAgain(buffer, { access: 'read-only-strict' })
    buffer.bytes[2] = 9
    expect(reader.bytes[2]).toBe(9)
  })

  it.each(['', 'nonsense', 'shared-channel/1:b:s:1:2:3:4:5:6:7', ':::::::::', 'é\0\ud800'])(
    'refuses a text that is no handle: %j',
    (text) => {
      expect(() => openSharedBuffer(text)).toThrow(error('INVALID_ARGUMENT'))
      expect(() => openSharedBuffer(text.repeat(100_000))).toThrow(error('INVALID_ARGUMENT'))
    },
  )

  it.each([undefined, null, 5, {}, new String('a')])('refuses what is no text: %s', (handle) => {
    expect(() => openSharedBuffer(handle as unknown as string)).toThrow(error('INVALID_ARGUMENT'))
  })

  it('refuses the handle of a channel, and says what takes it', async () => {
    const { link, handle } = createChannel({ capacity: PAGE })
    expect(() => openSharedBuffer(handle)).toThrow(error('INVALID_ARGUMENT'))
    expect(() => openSharedBuffer(handle)).toThrow(/openChannel/)
    await link.close()
  })

  it.each(['', 'write', 'readonly', 'READ-ONLY', 0, {}])('refuses an access of %j', (access) => {
    const { handle } = create(1)
    expect(() => openSharedBuffer(handle, { access } as OpenSharedBufferOptions)).toThrow(error('INVALID_ARGUMENT'))
  })

  it.each([0, 1, 'yes', null, {}])('takes a `trusted` of %j for what it is: not true', (trusted) => {
    expect(openAgain(create(1), { trusted } as unknown as OpenSharedBufferOptions).size).toBe(1)
  })

  it('of a buffer that was closed is CLOSED', () => {
    const buffer = create(1)
    const { handle } = buffer
    buffer.close()
    expect(() => openSharedBuffer(handle)).toThrow(error('CLOSED'))
  })

  it('of memory that is not what the handle says is CLOSED', () => {
    const fields = create(1).handle.split(':')
    const [descriptor, device, inode, size] = [5, 6, 7, 8]
    for (const [field, value] of [
      [descriptor, '0'],
      [device, '0'],
      [inode, '1'],
      [size, `${STEP + 1}`],
    ] as const) {
      expect(() => openSharedBuffer(fields.with(field, value).join(':'))).toThrow(error('CLOSED'))
    }
  })
})

describe('close', () => {
  it('makes every property throw CLOSED', () => {
    const buffer = create(1)
    buffer.close()
    for (const property of ['size', 'bytes', 'arrayBuffer', 'handle'] as const) {
      expect(() => buffer[property]).toThrow(error('CLOSED'))
    }
  })

  it('detaches the buffer and all views, so that nothing of the memory can be reached', () => {
    const buffer = create(STEP)
    const { arrayBuffer, bytes } = buffer
    const words = new Float64Array(arrayBuffer, 8)
    bytes.fill(255)
    buffer.close()
    expect([arrayBuffer.byteLength, bytes.length, words.length, words.byteOffset]).toEqual([0, 0, 0, 0])
    expect([bytes[0], words[0]]).toEqual([undefined, undefined])
    expect(() => new Uint8Array(arrayBuffer)).toThrow(TypeError)
    expect(() => new DataView(arrayBuffer)).toThrow(TypeError)
    expect(() => structuredClone(arrayBuffer)).toThrow()
  })

  it('may be called again, and before anything was looked at', () => {
    const buffer = create(1)
    buffer.close()
    buffer.close()
  })

  it.runIf(Symbol.dispose)('is what a `using` block calls', () => {
    const buffer = create(1)
    buffer[Symbol.dispose]()
    expect(() => buffer.size).toThrow(error('CLOSED'))
  })
})
