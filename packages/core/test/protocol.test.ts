import { describe, expect, it } from 'vitest'
import { bytes, type Codec, json, text } from '../src/codec.ts'
import { checkReceived, defineProtocol, flip, type MessageEntries } from '../src/protocol.ts'

const refusal = (text: string) =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(text) })

describe('defineProtocol', () => {
  it('puts what goes both ways into both directions', () => {
    const [command, frame, ping] = [
      { id: 1, codec: json() },
      { id: 1, codec: bytes() },
      { id: 2, codec: text() },
    ]
    const protocol = defineProtocol({ send: { command }, receive: { frame }, both: { ping } })
    expect({ ...protocol.send }).toEqual({ command, ping })
    expect({ ...protocol.receive }).toEqual({ frame, ping })
  })

  it('may be empty', () => {
    expect(defineProtocol({})).toEqual({ send: {}, receive: {} })
  })

  it('cannot be changed afterwards', () => {
    const { send, receive } = defineProtocol({ both: { ping: { id: 1, codec: text() } } })
    expect(Object.isFrozen(send) && Object.isFrozen(receive)).toBe(true)
  })

  it('takes any name, also those that every object has', () => {
    const entries: MessageEntries = JSON.parse('{ "__proto__": 0, "constructor": 0, "toString": 0 }', (_, value) =>
      typeof value === 'number' ? { id: 1, codec: text() } : value,
    )
    const numbered = Object.entries(entries).map(([name, entry], id) => [name, { ...entry, id }] as const)
    const { send } = defineProtocol({ send: Object.fromEntries(numbered) })
    expect(Object.keys(send)).toEqual(['__proto__', 'constructor', 'toString'])
    expect('hasOwnProperty' in send).toBe(false)
  })

  it.each([-1, 16_777_216, 1.5, Number.NaN, Infinity, '1' as unknown as number, undefined as unknown as number])(
    'refuses the id %s',
    (id) => {
      expect(() => defineProtocol({ send: { command: { id, codec: text() } } })).toThrow(refusal(`it is ${id}`))
    },
  )

  it.each([0, 16_777_215])('takes the id %i', (id) => {
    expect(defineProtocol({ send: { command: { id, codec: text() } } }).send.command.id).toBe(id)
  })

  it('refuses two messages of one direction with one id', () => {
    const [a, b] = [
      { id: 7, codec: text() },
      { id: 7, codec: text() },
    ]
    expect(() => defineProtocol({ send: { a, b } })).toThrow(refusal('"b" and "a" share the id 7 in "send"'))
    expect(() => defineProtocol({ receive: { a }, both: { b } })).toThrow(
      refusal('"b" and "a" share the id 7 in "receive"'),
    )
    expect(() => defineProtocol({ send: { a }, receive: { b } })).not.toThrow()
  })

  it('refuses a name that stands twice', () => {
    const ping = { id: 1, codec: text() }
    expect(() => defineProtocol({ send: { ping }, both: { ping } })).toThrow(refusal('"ping" stands in both "send"'))
    expect(() => defineProtocol({ receive: { ping }, both: { ping: { id: 2, codec: text() } } })).toThrow(
      refusal('"ping" stands in both "receive"'),
    )
  })

  it.each([[undefined], [{}], [{ encode: () => new Uint8Array() }], ['text']])('refuses %o as a codec', (codec) => {
    expect(() => defineProtocol({ send: { command: { id: 1, codec: codec as unknown as Codec<never> } } })).toThrow(
      refusal('"command" needs a codec'),
    )
  })

  it.each([undefined, null, 5])('refuses %s as a message', (entry) => {
    expect(() => defineProtocol({ send: { command: entry } as unknown as MessageEntries })).toThrow(
      refusal('"command"'),
    )
  })
})

describe('flip', () => {
  it('sees the protocol from the other end', () => {
    const protocol = defineProtocol({
      send: { command: { id: 1, codec: text() } },
      receive: { frame: { id: 2, codec: bytes() } },
      both: { ping: { id: 3, codec: text() } },
    })
    const other = flip(protocol)
    expect(Object.keys(other.send)).toEqual(['frame', 'ping'])
    expect(Object.keys(other.receive)).toEqual(['command', 'ping'])
    expect(flip(other)).toEqual(protocol)
    expect(Object.isFrozen(other)).toBe(true)
  })
})

describe('checkReceived', () => {
  it('refuses what is sent, a call, and what nobody knows, and says what there is', () => {
    const protocol = defineProtocol({
      send: { command: { id: 1, codec: json() } },
      receive: { frame: { id: 1, codec: bytes() }, measure: { id: 2, codec: json(), reply: json() } },
    })
    expect(() => checkReceived(protocol, 'frame')).not.toThrow()
    for (const name of ['command', 'measure', 'toString']) {
      expect(() => checkReceived(protocol, name)).toThrow(refusal(`no message "${name}"; it receives "frame".`))
    }
    expect(() => checkReceived(defineProtocol({}), 'frame')).toThrow(refusal('it receives none.'))
  })
})
