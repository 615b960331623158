// docs/wire-format.md, "Sleeping and waking": nobody sleeps for ever while there is something to do, and each part of the
// protocol is needed for that.
import { afterAll, describe, expect, it } from 'vitest'
import { expectFault, expectToHold, explored } from './expectations.ts'
import { PROTOCOL, type Rules, type Sleeper } from './protocol.ts'
import { exchange } from './wake-up.ts'

const PAIRS: readonly (readonly [Sleeper, Sleeper])[] = [
  ['thread', 'thread'],
  ['thread', 'event loop'],
  ['event loop', 'thread'],
  ['event loop', 'event loop'],
]
const SLEEPERS = ['thread', 'event loop'] as const
const AS_IT_IS = [PROTOCOL, PROTOCOL] as const
const but = (change: Partial<Rules>): Rules => ({ ...PROTOCOL, ...change })

afterAll(() => console.log(`waking up: ${explored.models} models, ${explored.states} states`))

describe.each(PAIRS)('%s to %s', (...sleepers) => {
  it('every record is read, and the reader woken for it, while the ring has room for all', () => {
    expectToHold(exchange({ rules: AS_IT_IS, sleepers, capacity: 3, messages: [3, 0] }))
  })

  it.each([1, 2])('a writer whose ring of %i is full is woken for room', (capacity) => {
    expectToHold(exchange({ rules: AS_IT_IS, sleepers, capacity, messages: [4, 0] }))
  })

  it('both send at once, and a side sleeps for data and for room at once', () => {
    expectToHold(exchange({ rules: AS_IT_IS, sleepers, capacity: 1, messages: [2, 1] }))
  })
})

/** Two messages from a thread, side 0, to the given sleeper, in a ring that holds both. */
const forData = (sleeper: Sleeper, rules: readonly [Rules, Rules]) =>
  exchange({ rules, sleepers: ['thread', sleeper], capacity: 2, messages: [2, 0] })

/** Three messages from the given sleeper, side 0, to a thread, in a ring that holds one. */
const forRoom = (sleeper: Sleeper, rules: readonly [Rules, Rules]) =>
  exchange({ rules, sleepers: [sleeper, 'thread'], capacity: 1, messages: [3, 0] })

describe('a wake-up is lost when', () => {
  const wrong = {
    sleeper: [
      ['the sleeper does not look again', { secondLook: 'never' }],
      ['the sleeper looks before it announces', { secondLook: 'before announcing' }],
      ['the announcement is weaker than seq_cst', { announce: 'acq_rel' }],
      ['the second look is weaker than seq_cst', { look: 'acq_rel' }],
    ],
    publisher: [
      ['the store of the position is weaker than seq_cst', { publish: 'acq_rel' }],
      ["the publisher's load of waiting is weaker than seq_cst", { loadWaiting: 'acq_rel' }],
    ],
    sleepingThread: [
      // A late ring for what was read long ago takes the announcement with it, and its move of the bell goes unnoticed.
      ['the thread reads the bell after it has announced', { seen: 'after announcing' }],
      ['the thread reads the bell after it has looked', { seen: 'after looking' }],
    ],
    publisherToThread: [['the publisher does not move the bell', { bell: 'stays' }]],
  } as const satisfies Record<string, readonly (readonly [string, Partial<Rules>])[]>

  const expectSleepWithData = (sleeper: Sleeper, rules: readonly [Rules, Rules]) => {
    const { memory } = expectFault(forData(sleeper, rules), 'stuck', [
      sleeper === 'thread' ? 'reader 1 sleeps on bell 1' : 'event loop 1 waits for event 1',
    ])
    expect(memory['tail 0']).toBeGreaterThan(memory['head 0'] as number)
  }
  const expectSleepWithRoom = (sleeper: Sleeper, rules: readonly [Rules, Rules]) => {
    const { memory } = expectFault(forRoom(sleeper, rules), 'stuck', [
      sleeper === 'thread' ? 'writer 0 sleeps on bell 0' : 'event loop 0 waits for event 0',
      'reader 1 sleeps on bell 1', // rightly: there is nothing to read
    ])
    expect(memory['tail 0']).toBe(memory['head 0'])
  }

  describe.each(SLEEPERS)('%s: it waits and', (sleeper) => {
    it.each([...wrong.sleeper, ...(sleeper === 'thread' ? wrong.sleepingThread : [])])('%s', (_, change) => {
      expectSleepWithData(sleeper, [PROTOCOL, but(change)])
      expectSleepWithRoom(sleeper, [but(change), PROTOCOL])
    })

    it.each([...wrong.publisher, ...(sleeper === 'thread' ? wrong.publisherToThread : [])])('%s', (_, change) => {
      expectSleepWithData(sleeper, [but(change), PROTOCOL])
      expectSleepWithRoom(sleeper, [PROTOCOL, but(change)])
    })
  })

  it('one bit stands for data and for room: a thread that withdraws its announcement takes that of the other with it', () => {
    const oneBit = but({ bits: 'one' })
    const { memory } = expectFault(
      exchange({ rules: [oneBit, oneBit], sleepers: ['thread', 'thread'], capacity: 1, messages: [2, 1] }),
      'stuck',
      ['reader 0 sleeps on bell 0'],
    )
    expect(memory).toMatchObject({ 'tail 1': 1, 'head 1': 0, 'waiting 0': 0 })
  })
})

describe('nothing is lost when', () => {
  it('the bell of an event loop stays, which does not sleep on it', () => {
    const still = but({ bell: 'stays' })
    expectToHold(forData('event loop', [still, PROTOCOL]))
    expectToHold(forRoom('event loop', [PROTOCOL, still]))
  })
})
