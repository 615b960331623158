// The other end of the port as the hostile one: whatever it posts, the channel ends with CORRUPT or goes on, and nothing is
// written where it may not be.

import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mirrorLink } from '../src/shared/mirror-link.ts'
import { failure, notesOf, OPEN, openBare, pattern, record, Talk, turn, until } from './helpers/ends.ts'

const CAPACITY = 4096
const HEADER = 65536
/** A channel at one end of a port, and the bare other end. */
function openVictim({ listens = true } = {}) {
  const bare = openBare()
  const channel = new SharedChannel(bare.link, Talk, { closeTimeout: 50 })
  channel.onError(() => {})
  if (listens) notesOf(channel)
  return { ...bare, channel }
}

const progress = (what: object) => ({ type: 'progress', ...what })

const impossible: [string, unknown[]][] = [
  ['no object', [OPEN, 'progress']],
  ['nothing', [OPEN, null]],
  ['an unknown message', [OPEN, { type: 'progres' }]],
  ['no opening', [progress({ bytes: record('x') })]],
  ['two openings', [OPEN, OPEN]],
  ['an opening without rings', [{ ...OPEN, capacities: undefined }]],
  ['an opening with other rings', [{ ...OPEN, capacities: [CAPACITY, 2 * CAPACITY] }]],
  ['an opening with rings of no number', [{ ...OPEN, capacities: ['4096', '4096'] }]],
  ['bytes that are a text', [OPEN, progress({ bytes: 'bytes' })]],
  ['bytes that are a view', [OPEN, progress({ bytes: new Uint8Array(record('x')) })]],
  ['bytes that can change', [OPEN, progress({ bytes: new SharedArrayBuffer(16) })]],
  ['no bytes', [OPEN, progress({ bytes: new ArrayBuffer(0) })]],
  ['a part of a record head', [OPEN, progress({ bytes: new ArrayBuffer(4) })]],
  ['a part of a record', [OPEN, progress({ bytes: record('a longer note').slice(0, 16) })]],
  ['more than the ring has', [OPEN, progress({ bytes: new ArrayBuffer(CAPACITY + 8) })]],
  ['records of nothing', [OPEN, progress({ bytes: new ArrayBuffer(CAPACITY) })]],
  ['room that was never taken', [OPEN, progress({ room: 8 })]],
  ['room that is no number', [OPEN, progress({ room: '8' })]],
  ['room that is negative', [OPEN, progress({ room: -8 })]],
  ['room that is not whole', [OPEN, progress({ room: 8.5 })]],
  ['room that is not a number', [OPEN, progress({ room: Number.NaN })]],
  ['a state that is none', [OPEN, progress({ state: 5 })]],
  ['a state that goes back', [OPEN, progress({ state: 1 })]],
  ['a state that is no number', [OPEN, progress({ state: 2n })]],
  ['a call to stop', [OPEN, { type: 'stop' }]],
  ['a return without an absence', [OPEN, { type: 'resumed' }]],
  ['two absences', [OPEN, { type: 'interrupted', reason: {} }, { type: 'interrupted', reason: {} }]],
]

describe('a channel ends with CORRUPT, and says so to the other end, when that posts', () => {
  it.each(impossible)('%s', async (_, messages) => {
    const { channel, told, post } = openVictim()
    for (const message of messages) post(message)
    expect((await channel.closed).reason).toEqual(failure('CORRUPT'))
    await until(() => told.some(({ type }) => type === 'ended'))
  })

  it('more while there is no room', async () => {
    const { channel, post } = openVictim({ listens: false })
    post(OPEN)
    post(progress({ bytes: fullRing() }))
    post(progress({ bytes: fullRing() }))
    expect((await channel.closed).reason).toEqual(failure('CORRUPT', 'room'))
  })

  it('that it gave back what it was not sent yet', async () => {
    const { channel, told, post } = openVictim()
    post(OPEN)
    channel.send('note', 'eight by')
    await until(() => told.length === 2)
    post(progress({ room: 16 }))
    channel.send('note', 'more')
    await until(() => told.length === 3)
    post(progress({ room: 24 }))
    expect((await channel.closed).reason).toEqual(failure('CORRUPT', 'never got'))
  })
})

it('a channel ends with CORRUPT when something comes that cannot be read', async () => {
  const { channel, port } = openVictim()
  port.dispatchEvent(new Event('messageerror'))
  expect((await channel.closed).reason).toEqual(failure('CORRUPT', 'read'))
})

it('an error from the other end may be anything', async () => {
  const { channel, post } = openVictim()
  const errors: unknown[] = []
  channel.onError((error) => errors.push(error))
  post(OPEN)
  const cause: { code: string; cause?: unknown } = { code: 'CLOSED' }
  cause.cause = cause
  const sent = [undefined, 7, { code: 'toString', message: {} }, { code: 'TIMEOUT', message: 'late', cause }]
  for (const error of sent) post({ type: 'error', error })
  post({ type: 'ended', reason: 'no error' })
  expect((await channel.closed).reason?.code).toBe('REMOTE_ERROR')
  expect(errors).toHaveLength(4)
  expect(errors[3]).toEqual(failure('TIMEOUT', 'late'))
})

const anything = fc.oneof(
  fc.constant(progress({ bytes: record('a note') })),
  fc.constant(progress({ room: 8 })),
  fc.record({
    type: fc.constantFrom('error', 'ended', 'interrupted', 'resumed', 'stop', 'open'),
    reason: fc.anything(),
  }),
  fc
    .record(
      {
        bytes: fc.oneof(
          fc.uint8Array({ maxLength: 64 }).map((bytes) => new Uint8Array(bytes).buffer),
          fc.nat(600).map((words) => pattern(8 * words).buffer),
          fc.string(),
        ),
        room: fc.oneof(fc.constantFrom(0, 8, 16, -8, 4096, 2 ** 32), fc.double(), fc.integer()),
        state: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double()),
      },
      { requiredKeys: [] },
    )
    .map(progress),
)

it('whatever is posted, memory outside the ring is as it was, and the channel closes', async () => {
  const codes = new Set<string | undefined>()
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { maxLength: 12 }), fc.nat(5), async (messages, notes) => {
      const { channel, link, post } = openVictim()
      const { memory } = link
      const own = new Uint8Array(memory, HEADER, CAPACITY)
      own.fill(170)
      const behind = new Uint8Array(memory, HEADER + 2 * CAPACITY)
      behind.fill(171)
      post(OPEN)
      for (const message of messages) post(message)
      for (let i = 0; i < notes; i++) if (channel.state === 'open') channel.send('note', 'x')
      for (let i = 0; i < 3; i++) await turn()
      codes.add((await channel.close({ discard: true })).reason?.code)
      // This side's own records, and nothing else, are in its ring; and the header is one still.
      expect(own.subarray(16 * notes).every((byte) => byte === 170)).toBe(true)
      expect(behind.every((byte) => byte === 171)).toBe(true)
      expect([...new Uint32Array(memory, 0, 8)]).toEqual([
        0x48434853,
        1,
        0,
        131072,
        HEADER,
        CAPACITY,
        HEADER + CAPACITY,
        CAPACITY,
      ])
    }),
    { numRuns: 300 },
  )
  expect(codes).toContain('CORRUPT')
  expect(codes).toContain(undefined)
}, 60_000)

describe('a link behind a port ends when the other end posts', () => {
  it.each([
    ...impossible.filter(([name]) => !/stop|record/.test(name)),
    ['an error', [OPEN, { type: 'error', error: { code: 'CLOSED' } }]],
    ['an absence', [OPEN, { type: 'interrupted', reason: {} }]],
  ] as [string, unknown[]][])('%s', async (_, messages) => {
    const { link } = createChannel({ capacity: CAPACITY })
    const { port1, port2 } = new MessageChannel()
    const mirrored = mirrorLink(link, port1)
    for (const message of messages) port2.postMessage(message)
    expect(await mirrored.closed).toEqual(failure('CORRUPT'))
    expect(() => link.memory).toThrow(failure('CLOSED'))
    port2.close()
  })
})

/** As much as a ring holds. */
function fullRing(): ArrayBuffer {
  const one = new Uint8Array(record('a note of twenty-four by'))
  const ring = new Uint8Array(CAPACITY)
  for (let i = 0; i < CAPACITY; i += one.length) ring.set(one, i)
  return ring.buffer
}
