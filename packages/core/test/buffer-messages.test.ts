import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declinedText, parseText, postText, receivedText, releasedText } from '../src/buffer-messages.ts'
import { SharedChannelError } from '../src/errors.ts'
import type { BufferAccess } from '../src/segment-host.ts'

const id = fc.maxSafeNat()
const line = fc.string({ maxLength: 100 }).map((text) => text.replaceAll('\n', ' '))

describe('the texts', () => {
  it('of posts come back as they were, whatever the handle and the data', () => {
    const access = fc.constantFrom<BufferAccess>('read-only', 'read-only-strict', 'read-write')
    const size = fc.oneof(fc.constantFrom(1, 2 ** 32), fc.integer({ min: 1, max: 2 ** 32 }))
    const additionalData = fc.oneof(fc.constant(''), fc.json(), fc.string())
    fc.assert(
      fc.property(fc.record({ id, access, size, handle: line, additionalData }), (post) => {
        expect(parseText(postText(post))).toEqual({ verb: 'post', ...post })
      }),
    )
  })

  it('of answers come back as they were', () => {
    const process = fc.record({
      pid: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      startTime: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    })
    fc.assert(
      fc.property(id, fc.option(process, { nil: undefined }), fc.string(), (id, process, reason) => {
        expect(parseText(receivedText(id, process))).toEqual({ verb: 'received', id, process })
        expect(parseText(releasedText(id))).toEqual({ verb: 'released', id })
        const declined = parseText(declinedText(id, new SharedChannelError('OUT_OF_MEMORY', reason)))
        expect(declined).toMatchObject({ verb: 'declined', id, reason: { code: 'OUT_OF_MEMORY' } })
        expect((declined as { reason: Error }).reason.message).toContain(reason)
      }),
    )
  })

  it('are those of docs/wire-format.md', () => {
    const post = { id: 7, access: 'read-write', size: 65536, handle: 'h 1', additionalData: '{"a":1}' } as const
    expect(postText(post)).toBe('post\n7\nread-write\n65536\nh 1\n{"a":1}')
    expect(receivedText(7, { pid: 12, startTime: '345' })).toBe('received\n7\n12\n345')
    expect(receivedText(7, undefined)).toBe('received\n7\n\n')
    expect(releasedText(7)).toBe('released\n7')
    expect(declinedText(7, new SharedChannelError('CLOSED', 'two\nlines'))).toBe('declined\n7\nCLOSED\ntwo\nlines')
  })
})

describe('what is none of them', () => {
  it.each([
    '',
    'post',
    'post\n',
    'post\n\nread-only\n1\nh\n',
    'post\n-1\nread-only\n1\nh\n',
    'post\n01\nread-only\n1\nh\n',
    'post\n1.5\nread-only\n1\nh\n',
    'post\n1e3\nread-only\n1\nh\n',
    'post\n 1\nread-only\n1\nh\n',
    'post\n9007199254740992\nread-only\n1\nh\n',
    'post\n99999999999999999\nread-only\n1\nh\n',
    'received\n1',
    'received\n1\n',
    'received\n1\n5\n',
    'received\n1\n\n5',
    'received\n1\n0\n5',
    'received\n1\n2147483648\n5',
    'received\n1\n-5\n5',
    'received\n1\n5\nx',
    'received\n1\n5\n5\n',
    'received\n1\n5\n123456789012345678901',
    'released\n',
    'released\n1\n',
    'released\n1\nmore',
    'declined\n1',
    'declined\n1\nCLOSED',
    'constructor\n1\n',
    'forgotten\n1',
    '\n1\n',
    ' released\n1',
    'released\n1\u2028',
  ])('is ignored: %j', (text) => {
    expect(parseText(text)).toBeUndefined()
  })

  it.each([
    'post\n1',
    'post\n1\nread-only\n1\nh',
    'post\n1\nwrite-only\n1\nh\n',
    'post\n1\nread-only\n0\nh\n',
    'post\n1\nread-only\n4294967297\nh\n',
    'post\n1\nread-only\n-1\nh\n',
    'post\n1\nread-only\nall\nh\n',
    `post\n1\nread-only\n1\n${'h'.repeat(4097)}\n`,
  ])('but has an id can be declined: %j', (text) => {
    expect(parseText(text)).toEqual({ verb: 'unreadable', id: 1 })
  })

  it('may be anything: it is read or not, and never throws', () => {
    const word = fc.constantFrom(
      'post',
      'received',
      'released',
      'declined',
      'read-only',
      '1',
      '0',
      '',
      '-1',
      '4294967296',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(word, word, fc.string({ maxLength: 10 })), { maxLength: 8 }).map((words) => words.join('\n')),
    )
    const verbs = new Set<string | undefined>()
    fc.assert(
      fc.property(text, (text) => {
        verbs.add(parseText(text)?.verb)
      }),
      { numRuns: 20_000 },
    )
    expect(verbs.size).toBeGreaterThan(3) // also what can be read came up
  })

  it('is a code that nobody knows: the reason counts as one of the other side', () => {
    for (const code of ['', 'MADE_UP', 'toString', '__proto__']) {
      expect(parseText(`declined\n1\n${code}\nwhy`)).toMatchObject({ reason: { code: 'REMOTE_ERROR' } })
    }
  })

  it('is not kept whole as a reason, however long it is', () => {
    const declined = parseText(`declined\n1\nCLOSED\n${'x'.repeat(1e6)}`) as { reason: Error }
    expect(declined.reason.message.length).toBeLessThan(5000)
  })
})
