// How a channel ends: what was sent arrives, both sides come to their end, nobody is left asleep, and nobody writes after
// it has closed.
import { afterAll, describe, it } from 'vitest'
import { CLOSING, type ClosingRules, ending } from './closing.ts'
import { expectFault, expectToHold, explored } from './expectations.ts'
import type { Side, Sleeper } from './protocol.ts'

const PAIRS: readonly (readonly [Sleeper, Sleeper])[] = [
  ['thread', 'thread'],
  ['thread', 'event loop'],
  ['event loop', 'thread'],
  ['event loop', 'event loop'],
]
const SLEEPERS = ['thread', 'event loop'] as const
const AS_IT_IS = [CLOSING, CLOSING] as const
/** More than the ring holds, in one direction. */
const TWO = [2, 0] as const
const ONE_EACH = [1, 1] as const
const but = (change: Partial<ClosingRules>): ClosingRules => ({ ...CLOSING, ...change })

afterAll(() => console.log(`closing: ${explored.models} models, ${explored.states} states`))

describe.each(PAIRS)('%s and %s', (...sleepers) => {
  const channel = { rules: AS_IT_IS, sleepers, capacity: 1 } as const

  describe.each([TWO, ONE_EACH])('with up to %i messages there and %i back', (...messages) => {
    it.each<[string, Side[]]>([
      ['the sender closes', [0]],
      ['the receiver closes', [1]],
      ['both close', [0, 1]],
    ])('%s: all that a side sent before its end arrives, and both come to theirs', (_, closes) => {
      expectToHold(ending({ ...channel, messages, closes }))
    })
  })

  it.each([[[2, 0]], [[0, 2]]] as const)(
    'side 0 dies at any point, of %j messages: the other has all that was published, and ends',
    (messages) => {
      expectToHold(ending({ ...channel, messages, closes: [], mortal: 0 }))
    },
  )
})

describe.each(SLEEPERS)('%s and its like', (sleeper) => {
  const channel = { rules: AS_IT_IS, sleepers: [sleeper, sleeper], capacity: 1 } as const

  it('sides that may give up come to their end, and who did not give up has all that was published', () => {
    expectToHold(ending({ ...channel, messages: TWO, closes: [0, 1], timeouts: true }))
  })

  it.each<[string, Side]>([
    ['has asked for it', 0],
    ['is told to', 1],
  ])('side 0 dies at any point while it closes because it %s', (_, closes) => {
    expectToHold(ending({ ...channel, messages: ONE_EACH, closes: [closes], mortal: 0 }))
  })
})

describe('a record is lost', () => {
  it.each(SLEEPERS)('%s: when it looks into the ring first and at the state second', (sleeper) => {
    const channel = { rules: [CLOSING, but({ looksFirst: 'into the ring' })], sleepers: [sleeper, sleeper] } as const
    expectFault(ending({ ...channel, capacity: 1, messages: [1, 0], closes: [0] }), 'broken', [
      'side 1 has received all that side 0 sent',
    ])
    expectFault(ending({ ...channel, capacity: 1, messages: [1, 0], closes: [], mortal: 0 }), 'broken', [
      'side 1 has received all that side 0 published, or gave up',
    ])
  })
})

describe('a side writes after its end', () => {
  it.each(SLEEPERS)('%s: when it says that it is closed before its queue is in the ring', (sleeper) => {
    const rules = [but({ closesFirst: 'the state' }), CLOSING] as const
    expectFault(ending({ rules, sleepers: [sleeper, sleeper], capacity: 1, messages: TWO, closes: [0] }), 'broken', [
      'nobody writes after its side has closed',
    ])
  })
})

describe('a side sleeps for ever', () => {
  const quiet = { capacity: 1, messages: [0, 0], closes: [0] } as const

  it('thread: when the other closes and does not move its bell', () => {
    const sleepers = ['thread', 'thread'] as const
    const silent = but({ bellAtClose: 'stays' })
    expectFault(ending({ ...quiet, sleepers, rules: [silent, CLOSING] }), 'stuck', [
      'side 0 sleeps on bell 0',
      'side 1 sleeps on bell 1',
    ])
    // The answer counts as much: who closed waits for the other's end.
    expectFault(ending({ ...quiet, sleepers, rules: [CLOSING, silent] }), 'stuck', ['side 0 sleeps on bell 0'])
  })

  it('event loop: when the other closes and does not wake it', () => {
    const sleepers = ['event loop', 'event loop'] as const
    const silent = but({ wakeAtClose: 'never' })
    expectFault(ending({ ...quiet, sleepers, rules: [silent, CLOSING] }), 'stuck', [
      'side 0 waits for event 0',
      'side 1 waits for event 1',
    ])
    expectFault(ending({ ...quiet, sleepers, rules: [CLOSING, silent] }), 'stuck', ['side 0 waits for event 0'])
  })

  it.each(SLEEPERS)('%s: when the other is dead and nobody rings', (sleeper) => {
    const channel = { ...quiet, sleepers: [sleeper, sleeper], rules: AS_IT_IS, closes: [], mortal: 0 } as const
    expectFault(ending({ ...channel, watcherRings: false }), 'stuck', [
      sleeper === 'thread' ? 'side 1 sleeps on bell 1' : 'side 1 waits for event 1',
    ])
  })
})
