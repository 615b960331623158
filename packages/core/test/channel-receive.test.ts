import { describe, expect, it, vi } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import type { ChannelMessage } from '../src/channel-types.ts'
import { custom } from '../src/codec.ts'
import { SharedChannelError } from '../src/errors.ts'
import { HEAD_OFFSET, TAIL_OFFSET } from '../src/layout.ts'
import { defineProtocol, flip } from '../src/protocol.ts'
import { expectBytes, pattern } from './helpers/bytes.ts'
import { openPair, sendUntilFalse, Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

describe('before there is a consumer', () => {
  it('nothing is taken from the ring, and the sender feels it', async () => {
    const { a, b } = openPair()
    const accepted = sendUntilFalse(a)
    await turns()
    expect(b.stats()).toMatchObject({ receivedMessages: 0, unhandled: 0 })
    expect(await stateOf(a.ready)).toBe('pending')

    let received = 0
    const stop = b.on('data', () => received++)
    await a.ready
    await until(() => received === accepted)
    stop()
    sendUntilFalse(a)
    await turns()
    expect(received).toBe(accepted)
    expect(b.stats().receivedMessages).toBe(accepted)
  })

  it('whoever subscribes may subscribe to more before the first message comes', async () => {
    const { a, b } = openPair()
    a.send('note', 'first')
    a.send('value', 2)
    await turns()
    const received: unknown[] = []
    b.on('value', (value) => received.push(value))
    b.on('note', (note) => received.push(note))
    await until(() => received.length === 2)
    expect(received).toEqual(['first', 2])
    expect(b.stats().unhandled).toBe(0)
  })
})

describe('handlers', () => {
  it('of one type share the decoded payload, in the order they came', async () => {
    const { a, b } = openPair()
    const calls: [string, unknown][] = []
    b.on('value', (value) => calls.push(['first', value]))
    const stop = b.on('value', (value) => calls.push(['second', value]))
    a.send('value', { n: 1 })
    await until(() => calls.length === 2)
    expect(calls.map(([name]) => name)).toEqual(['first', 'second'])
    expect(calls[0]?.[1]).toBe(calls[1]?.[1])
    stop()
    stop()
    a.send('value', { n: 2 })
    await until(() => calls.length === 3)
    expect(calls[2]).toEqual(['first', { n: 2 }])
  })

  it('may be the same function twice, and each is taken away alone', async () => {
    const { a, b } = openPair()
    const handler = vi.fn()
    const stop = b.on('note', handler)
    b.on('note', handler)
    stop()
    a.send('note', 'once')
    await until(() => b.stats().receivedMessages === 1)
    expect(handler).toHaveBeenCalledExactlyOnceWith('once')
  })

  it('may send, subscribe and unsubscribe', async () => {
    const { a, b } = openPair()
    const received: string[] = []
    const stop = b.on('note', (note) => {
      received.push(`old ${note}`)
      b.send('note', `${note} back`)
      b.on('note', (later) => received.push(`new ${later}`))
      stop()
    })
    const answers: string[] = []
    a.on('note', (note) => answers.push(note))
    a.send('note', 'one')
    a.send('note', 'two')
    await until(() => b.stats().receivedMessages === 2 && answers.length === 1)
    expect(received).toEqual(['old one', 'new two'])
    expect(answers).toEqual(['one back'])
  })

  it('that throw or reject are told to onError, and receiving goes on', async () => {
    const { a, b } = openPair()
    const errors: unknown[] = []
    const others: string[] = []
    b.onError((error) => errors.push((error as Error).message))
    b.on('note', (note) => {
      throw new Error(`thrown at ${note}`)
    })
    b.on('note', async (note) => {
      throw new Error(`rejected at ${note}`)
    })
    b.on('note', (note) => others.push(note))
    a.send('note', 'one')
    a.send('note', 'two')
    await until(() => errors.length === 4)
    expect(errors.sort()).toEqual(['rejected at one', 'rejected at two', 'thrown at one', 'thrown at two'])
    expect(others).toEqual(['one', 'two'])
    expect(b.state).toBe('open')
  })

  it('that are taken away in the middle leave nothing in the ring that was read', async () => {
    const { a, b, memory } = openPair()
    const received: string[] = []
    const stop = b.on('note', (note) => {
      received.push(note)
      if (received.length === 3) stop()
    })
    for (const note of ['one', 'two', 'three', 'four']) a.send('note', note)
    await turns()
    expect(received).toEqual(['one', 'two', 'three'])
    const words = new Int32Array(memory)
    const record = 16
    expect([words[TAIL_OFFSET / 4], words[HEAD_OFFSET / 4]]).toEqual([4 * record, 3 * record])
  })

  it('may be for any name that the protocol receives, and only for these', () => {
    const { b } = openPair()
    const on = b.on.bind(b) as (name: string, handler: () => void) => void
    expect(() => on('nots', () => {})).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('it knows "data", "note"'),
      }),
    )
  })
})

describe('errors', () => {
  it('go to the console where nobody handles them', async () => {
    const { a, b } = openPair()
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const error = new Error('nobody handles it')
    b.on('note', () => {
      throw error
    })
    a.send('note', 'one')
    await until(() => log.mock.calls.length > 0)
    expect(log).toHaveBeenCalledExactlyOnceWith(error)
  })

  it('of an error handler do not stop the others', async () => {
    const { b, linkB } = openPair()
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const second = vi.fn()
    b.onError(() => {
      throw new Error('in the handler')
    })
    b.onError(second)
    const stop = b.onError(() => second('taken away'))
    stop()
    const error = new SharedChannelError('PLUGIN_ERROR', 'the link says so')
    linkB.error(error)
    expect(second).toHaveBeenCalledExactlyOnceWith(error)
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'in the handler' }))
    expect(b.state).toBe('open')
  })

  it('of a codec are told to onError, and receiving goes on', async () => {
    const { a, b } = openPair()
    const errors: unknown[] = []
    const values: unknown[] = []
    b.onError((error) => errors.push(error))
    b.on('value', (value) => values.push(value))
    const Raw = defineProtocol({ both: { value: { id: 3, codec: Talk.send.data.codec } } })
    const [linkC, linkD] = memoryLinks()
    const c = new SharedChannel(linkC, Raw)
    const d = new SharedChannel(linkD, flip(Talk))
    d.onError((error) => errors.push(error))
    d.on('value', (value) => values.push(value))
    c.send('value', new TextEncoder().encode('{"half":'))
    c.send('value', new TextEncoder().encode('{"whole":1}'))
    a.send('value', 'meanwhile')
    await until(() => values.length === 2)
    expect(errors).toEqual([expect.any(SyntaxError)])
    expect(values).toContainEqual({ whole: 1 })
  })
})

describe('messages that nobody takes', () => {
  it('are counted, and warned of once a type', async () => {
    const { a, b } = openPair()
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    b.on('note', () => {})
    for (let i = 0; i < 3; i++) {
      a.send('value', i)
      a.send('data', pattern(i))
    }
    await until(() => b.stats().receivedMessages === 6)
    expect(b.stats().unhandled).toBe(6)
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining(`channel.on('value', …)`),
      expect.stringContaining(`channel.on('data', …)`),
    ])
  })

  it('are warned of by number when the protocol does not name them', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const [linkA, linkB] = memoryLinks()
    const More = defineProtocol({ send: { extra: { id: 77, codec: Talk.send.note.codec } } })
    const a = new SharedChannel(linkA, More)
    const b = new SharedChannel(linkB, flip(Talk))
    b.on('note', () => {})
    a.send('extra', 'x')
    a.send('extra', 'y')
    await until(() => b.stats().receivedMessages === 2)
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('type 77'))
    expect(b.stats().unhandled).toBe(2)
  })
})

describe('iteration', () => {
  it('gives the messages of all types, in order', async () => {
    const { a, b } = openPair()
    const sent: unknown[] = []
    const received: unknown[] = []
    const loop = (async () => {
      for await (const { type, data } of b) {
        received.push([type, data])
        if (received.length === 200) break
      }
    })()
    for (let i = 0; i < 200; i++) {
      const [type, data] = i % 2 === 0 ? (['note', `n${i}`] as const) : (['value', { i }] as const)
      if (!a.send(type, data as string)) await a.ready
      sent.push([type, data])
    }
    await loop
    expect(received).toEqual(sent)
  })

  it('holds the ring back when the loop is slow', async () => {
    const { a, b } = openPair()
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let received = 0
    const loop = (async () => {
      for await (const _ of b) {
        await gate
        if (++received === 500) break
      }
    })()
    let sent = 0
    while (sent < 400) {
      sent++
      if (a.send('data', pattern(100))) await turns(1)
      else break
    }
    // The ring, the iterator's 64 and the one in the loop: far from all of them.
    expect(sent).toBeLessThan(150)
    await turns()
    expect(await stateOf(a.ready)).toBe('pending')
    expect(b.stats().receivedMessages).toBeLessThanOrEqual(65)
    open()
    for (; sent < 500; sent++) if (!a.send('data', pattern(100))) await a.ready
    await loop
    expect(received).toBe(500)
  })

  it('holds few large messages, not 64 of them', async () => {
    const { a, b } = openPair()
    const iterator = b[Symbol.asyncIterator]()
    for (let i = 0; i < 20; i++) a.send('data', pattern(200_000))
    await turns(2000)
    // 1 MiB and the message that reached it.
    expect(b.stats().receivedMessages).toBe(6)
    for (let i = 0; i < 20; i++) expect((await iterator.next()).value?.type).toBe('data')
    await iterator.return?.()
  })

  it('that is left gives the messages to nobody, and the ring fills', async () => {
    const { a, b } = openPair()
    const taken: unknown[] = []
    a.send('note', 'one')
    for await (const { data } of b) {
      taken.push(data)
      break
    }
    sendUntilFalse(a)
    await turns()
    expect(b.stats().receivedMessages).toBe(1)
    expect(taken).toEqual(['one'])
  })

  it('may go on twice at once, and beside handlers; each gets everything', async () => {
    const { a, b } = openPair()
    const handled: string[] = []
    b.on('note', (note) => handled.push(note))
    const collect = async () => {
      const all: unknown[] = []
      for await (const message of b) {
        all.push(message.data)
        if (all.length === 150) return all
      }
      return all
    }
    const loops = Promise.all([collect(), collect()])
    const sent = Array.from({ length: 150 }, (_, i) => `note ${i}`)
    for (const note of sent) if (!a.send('note', note)) await a.ready
    expect(await loops).toEqual([sent, sent])
    expect(handled).toEqual(sent)
  })

  it('may ask for many messages before they come', async () => {
    const { a, b } = openPair()
    const iterator = b[Symbol.asyncIterator]()
    const next = [iterator.next(), iterator.next(), iterator.next()]
    for (const note of ['a', 'b', 'c']) a.send('note', note)
    const values = await Promise.all(next)
    expect(values.map(({ value }: IteratorResult<ChannelMessage<Talk>>) => value.data)).toEqual(['a', 'b', 'c'])
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
  })
})

describe('a view', () => {
  it('is the shared memory itself, while the handlers run', async () => {
    const { a, b, memory } = openPair()
    const kept: Uint8Array[] = []
    let right = false
    b.on('seen', (data) => {
      kept.push(data)
      right = data.buffer === memory && Buffer.compare(data, pattern(1000, 1)) === 0
    })
    a.send('seen', pattern(1000, 1))
    await until(() => kept.length === 1)
    expect(right).toBe(true)
    for (let i = 2; i <= 5; i++) a.send('seen', pattern(1000, i))
    await until(() => kept.length === 5)
    expect(Buffer.compare(kept[0] ?? Buffer.alloc(0), pattern(1000, 1))).not.toBe(0) // it was valid until then
  })

  it('is private memory when the message came in fragments', async () => {
    const { a, b, memory } = openPair()
    let data: Uint8Array | undefined
    b.on('seen', (seen) => {
      data = seen
    })
    a.send('seen', pattern(10_000))
    await until(() => data !== undefined)
    expect(data?.buffer).not.toBe(memory)
    expectBytes(data, pattern(10_000))
  })

  it('is a copy for a loop, which gets it later', async () => {
    const { a, b, memory } = openPair()
    const handled: Uint8Array[] = []
    b.on('seen', (data) => handled.push(data))
    const iterator = b[Symbol.asyncIterator]()
    for (let i = 0; i < 20; i++) if (!a.send('seen', pattern(1000, i))) await a.ready
    for (let i = 0; i < 20; i++) {
      const { value } = await iterator.next()
      expect(value?.data).not.toHaveProperty('buffer', memory)
      expectBytes(value?.data as Uint8Array, pattern(1000, i))
    }
    expect(handled[0]?.buffer).toBe(memory)
    await iterator.return?.()
  })

  it('that cannot be decoded as a copy is an error of its own, and receiving goes on', async () => {
    const [linkA, linkB] = memoryLinks()
    const shared = linkA.memory
    const Odd = defineProtocol({
      both: {
        odd: {
          id: 1,
          codec: custom<Uint8Array>({
            encode: (value) => value,
            decode: (value) => {
              if (value.buffer !== shared && value[0] === 1) throw new Error('views only')
              return value
            },
            input: 'view',
          }),
        },
      },
    })
    const a = new SharedChannel(linkA, Odd)
    const b = new SharedChannel(linkB, Odd)
    const errors: unknown[] = []
    b.onError((error) => errors.push(error))
    const iterator = b[Symbol.asyncIterator]()
    a.send('odd', new Uint8Array([1]))
    a.send('odd', new Uint8Array([2]))
    expect((await iterator.next()).value?.data).toEqual(new Uint8Array([2]))
    expect(errors).toEqual([expect.objectContaining({ message: 'views only' })])
    expect(b.state).toBe('open')
    await iterator.return?.()
  })
})
