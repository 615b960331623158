import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, type Codec, custom, json, text, typedArray } from '../src/codec.ts'
import { expectBytes } from './helpers/bytes.ts'

/** As the channel does: encoded bytes are copied before anything else is encoded. */
const roundTrip = <In, Out>(codec: Codec<In, Out>, value: In): Out => codec.decode(new Uint8Array(codec.encode(value)))

const refusal = (text: string) =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(text) })

describe('text', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        expect(roundTrip(text(), value)).toBe(value)
      }),
    )
  })

  it.each([0, 1, 21845, 21846, 65535, 65536, 65537, 300_000])(
    'of %i characters comes back, each of 1 or 3 bytes',
    (size) => {
      for (const character of ['a', '€']) expect(roundTrip(text(), character.repeat(size))).toBe(character.repeat(size))
    },
  )

  it('keeps a byte order mark and replaces lone surrogates', () => {
    expect(roundTrip(text(), '\uFEFFmark')).toBe('\uFEFFmark')
    expect(roundTrip(text(), 'a\uD800b')).toBe('a\uFFFDb')
  })

  it('is replaced where it is not UTF-8', () => {
    expect(text().decode(new Uint8Array([97, 0xff, 98]))).toBe('a\uFFFDb')
  })

  it('must be a string', () => {
    expect(() => text().encode(5 as unknown as string)).toThrow(refusal('a string; it is number'))
    expect(() => text().encode(null as unknown as string)).toThrow(refusal('it is null'))
  })

  it('never reaches a decoder as shared memory', () => {
    expect(text().input).toBe('scratch')
    expect(json().input).toBe('scratch')
  })
})

describe('json', () => {
  it('comes back as JSON gives it back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(json<unknown>(), value)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each([undefined, () => 1, Symbol('s')])('refuses what JSON cannot hold: %s', (value) => {
    expect(() => json<unknown>().encode(value)).toThrow(refusal('JSON can hold'))
  })

  it('throws what JSON throws', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(() => json<unknown>().encode(circle)).toThrow(TypeError)
    expect(() => json<unknown>().decode(new TextEncoder().encode('{"a":'))).toThrow(SyntaxError)
  })
})

describe('bytes', () => {
  const source = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7])
  const shared = new Uint8Array(new SharedArrayBuffer(8))
  shared.set(source)

  it.each([
    ['a Uint8Array', source, source],
    ['a part of one', source.subarray(2, 5), source.slice(2, 5)],
    ['an ArrayBuffer', source.slice().buffer, source],
    ['a SharedArrayBuffer', shared.buffer, source],
    ['a view of a SharedArrayBuffer', shared, source],
    ['a Buffer', Buffer.from(source), source],
    ['a DataView', new DataView(source.buffer, 1, 3), source.slice(1, 4)],
    ['other numbers', new Uint16Array([0x0100, 0x0302]), source.slice(0, 4)],
    ['nothing', new Uint8Array(0), new Uint8Array(0)],
    ['a buffer of another realm', runInNewContext('new Uint8Array([0, 1, 2]).buffer'), source.slice(0, 3)],
    ['a view of another realm', runInNewContext('new Uint8Array([0, 1, 2])'), source.slice(0, 3)],
  ])('takes %s', (_, value, expected) => {
    expectBytes(roundTrip(bytes(), value), expected)
  })

  it.each([[5], [[1, 2]], ['text'], [{ byteLength: 4 }], [undefined], [Object.create(null)]])('refuses %s', (value) => {
    expect(() => bytes().encode(value as unknown as Uint8Array)).toThrow(refusal('an ArrayBuffer or a view'))
  })

  it('asks for a copy, and for a view only when told', () => {
    expect(bytes().input).toBe('copy')
    expect(bytes({ view: true }).input).toBe('view')
    expect(typedArray(Int8Array, { view: true }).input).toBe('view')
  })
})

describe('typedArray', () => {
  it.each([
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ])('carries a %o', (ArrayClass) => {
    const value = new ArrayClass([1, 2, 3, 250])
    const codec = typedArray<ArrayBufferView>(ArrayClass)
    expect(roundTrip(codec, value)).toBeInstanceOf(ArrayClass)
    expect(roundTrip(codec, value)).toEqual(value)
    expect(roundTrip(codec, value.subarray(1, 3))).toEqual(value.slice(1, 3))
  })

  it('carries 64-bit integers', () => {
    const value = new BigInt64Array([-1n, 2n ** 62n])
    expect(roundTrip(typedArray(BigInt64Array), value)).toEqual(value)
  })

  it('refuses another class', () => {
    const value: unknown = new Float64Array(1)
    expect(() => typedArray(Float32Array).encode(value as Float32Array)).toThrow(
      refusal('Float32Array; it is Float64Array'),
    )
  })

  it('refuses bytes that are not whole numbers', () => {
    expect(() => typedArray(Float32Array).decode(new Uint8Array(6))).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    )
  })
})

describe('custom', () => {
  it('is the codec that was given', () => {
    const point = custom<{ x: number }, number>({
      encode: ({ x }) => new Uint8Array([x]),
      decode: ([x]) => x ?? -1,
      input: 'scratch',
    })
    expect(roundTrip(point, { x: 7 })).toBe(7)
    expect(point.input).toBe('scratch')
  })

  it.each([[undefined], [{}], [{ encode: () => new Uint8Array() }], [{ encode: 1, decode: 2 }]])(
    'refuses %o',
    (codec) => {
      expect(() => custom(codec as unknown as Codec<never>)).toThrow(refusal('encode and decode'))
    },
  )
})
