// The copying mode of channels (packages/native/src/mirror.hpp): JavaScript sleeps without a word, and is woken all the same.
import { afterAll, describe, expect, it } from 'vitest'
import { expectFault, expectToHold, explored } from './expectations.ts'
import { mirroredExchange } from './mirror.ts'
import { PROTOCOL, type Rules } from './protocol.ts'

const but = (change: Partial<Rules>): Rules => ({ ...PROTOCOL, ...change })

afterAll(() => console.log(`mirror: ${explored.models} models, ${explored.states} states`))

const AS_IT_IS = { mirror: PROTOCOL, native: PROTOCOL }

describe('everything arrives, and nobody sleeps for ever, when', () => {
  it.each([1, 2, 3])('native code sends, into a ring of %i', (capacity) => {
    expectToHold(mirroredExchange({ ...AS_IT_IS, capacity, messages: [0, 4] }))
  })

  it.each([1, 2, 3])('JavaScript sends, into a ring of %i', (capacity) => {
    expectToHold(mirroredExchange({ ...AS_IT_IS, capacity, messages: [4, 0] }))
  })

  it('both send at once', () => {
    expectToHold(mirroredExchange({ ...AS_IT_IS, capacity: 1, messages: [2, 1] }))
    expectToHold(mirroredExchange({ ...AS_IT_IS, capacity: 1, messages: [1, 2] }))
  })
})

describe('a wake-up is lost when', () => {
  it.each([
    ['the mirror announces no more once it is open', { mirror: but({ secondLook: 'never' }), native: PROTOCOL }],
    ['the mirror looks before it announces', { mirror: but({ secondLook: 'before announcing' }), native: PROTOCOL }],
    ['its announcement is weaker than seq_cst', { mirror: but({ announce: 'acq_rel' }), native: PROTOCOL }],
    ['its look is weaker than seq_cst', { mirror: but({ look: 'acq_rel' }), native: PROTOCOL }],
    ['native code publishes in a weaker order', { mirror: PROTOCOL, native: but({ publish: 'acq_rel' }) }],
  ])('%s', (_, rules) => {
    const asleep = ['event loop 0 waits for event 0']
    const forData = expectFault(mirroredExchange({ ...rules, capacity: 2, messages: [0, 3] }), 'stuck')
    expect(forData.what).toContain(asleep[0])
    expect(forData.memory['tail 1']).toBeGreaterThan(forData.memory['head 1'] as number)
    const forRoom = expectFault(mirroredExchange({ ...rules, capacity: 1, messages: [3, 0] }), 'stuck')
    expect(forRoom.what).toContain(asleep[0])
    expect(forRoom.memory['tail 0']).toBe(forRoom.memory['head 0'])
  })

  it('the mirror publishes in a weaker order, and native code sleeps', () => {
    const rules = { mirror: but({ publish: 'acq_rel' }), native: PROTOCOL }
    const forData = expectFault(mirroredExchange({ ...rules, capacity: 2, messages: [2, 0] }), 'stuck')
    expect(forData.what).toContain('reader 1 sleeps on bell 1')
    const forRoom = expectFault(mirroredExchange({ ...rules, capacity: 1, messages: [0, 3] }), 'stuck')
    expect(forRoom.what).toContain('writer 1 sleeps on bell 1')
  })
})
