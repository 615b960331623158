import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { MessageType, Protocol, typedMessage } from '../src/compat.ts'
import { defineProtocol } from '../src/protocol.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { until } from './helpers/wait.ts'

const refusal = (code: string) => expect.objectContaining({ code })

describe('messages of type and length', () => {
  it('are a byte of type, four bytes of length, big-endian, and the payload', () => {
    expect([...Protocol.createMessage(MessageType.COMMAND, Uint8Array.of(7, 8))]).toEqual([2, 0, 0, 0, 2, 7, 8])
    expect([...Protocol.createMessage(MessageType.TEXT, new Uint8Array(0x010203)).subarray(0, 5)]).toEqual([
      0, 0, 1, 2, 3,
    ])
  })

  it('come apart again, wherever they lie in a buffer and whatever stands behind them', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array(), fc.uint8Array(), fc.nat(9), (type, payload, behind, offset) => {
        const message = Protocol.createMessage(type as MessageType, payload)
        const data = Buffer.concat([Buffer.alloc(offset), message, behind]).subarray(offset)
        const parsed = Protocol.parseMessage(data)
        expect(parsed.type).toBe(type)
        expect([...parsed.payload]).toEqual([...payload])
        expect(parsed.payload.buffer).toBe(data.buffer)
      }),
    )
  })

  it('are CORRUPT when the data ends before the head or before the length that it names', () => {
    const message = Protocol.createMessage(MessageType.BINARY, new Uint8Array(10))
    for (let length = 0; length < message.length; length++) {
      expect(() => Protocol.parseMessage(message.subarray(0, length))).toThrow(refusal('CORRUPT'))
    }
    expect(() => Protocol.parseMessage(Uint8Array.of(0, 255, 255, 255, 255, 1))).toThrow(refusal('CORRUPT'))
  })

  it.each([-1, 256, 1.5, '1'])('have no type %s', (type) => {
    expect(() => Protocol.createMessage(type as MessageType, new Uint8Array(1))).toThrow(refusal('INVALID_ARGUMENT'))
  })

  it('have bytes as payload', () => {
    expect(() => Protocol.createMessage(MessageType.TEXT, 'text' as unknown as Uint8Array)).toThrow(
      refusal('INVALID_ARGUMENT'),
    )
  })

  it('go over a channel by their codec; one that is cut short reaches onError, and receiving goes on', async () => {
    const Talk = defineProtocol({ both: { message: { id: 0, codec: typedMessage() } } })
    const Raw = defineProtocol({
      both: { message: { id: 0, codec: { encode: (b: Uint8Array) => b, decode: (b: Uint8Array) => b } } },
    })
    const [linkA, linkB] = memoryLinks()
    const a = new SharedChannel(linkA, Raw)
    const b = new SharedChannel(linkB, Talk)
    const received: string[] = []
    b.onError((error) => received.push((error as { code: string }).code))
    b.on('message', ({ type, payload }) => received.push(`${type} ${new TextDecoder().decode(payload)}`))
    const hello = Protocol.createMessage(MessageType.TEXT, new TextEncoder().encode('hello'))
    a.send('message', hello.subarray(0, 7))
    a.send('message', hello)
    await until(() => received.length === 2)
    expect(received).toEqual(['CORRUPT', '0 hello'])
    a.on('message', (message) => received.push(`${[...message]}`))
    b.send('message', { type: MessageType.BINARY, payload: Uint8Array.of(9) })
    await until(() => received.length === 3)
    expect(received[2]).toBe('1,0,0,0,1,9')
    await Promise.all([a.close(), b.close()])
  })
})
