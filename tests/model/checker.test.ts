// The checker on systems whose outcome is known, so that its silence about ours means something.
import { describe, expect, it } from 'vitest'
import { check } from './checker.ts'
import { expectFault, expectToHold } from './expectations.ts'
import type { Model, ProcessDefinition } from './machine.ts'
import { language, type Order, type Statement } from './program.ts'

const LOCALS = { a: 0, b: 0 }
type Locals = typeof LOCALS
const { load, store, change, sleep, wake, awaitEvent, join, set, assert, when, either, loop, leave } =
  language<Locals>()

function model(
  memory: Record<string, number>,
  programs: Record<string, readonly Statement<Locals>[]>,
  more: Partial<Model<Locals>> = {},
): Model<Locals> {
  const processes = Object.entries(programs).map(
    ([name, program]): ProcessDefinition<Locals> => ({ name, program, locals: LOCALS }),
  )
  return { memory, processes, ...more }
}

describe('memory order', () => {
  /** Store buffering: each stores, then loads what the other stores. */
  const storeBuffering = (stores: Order, loads: Order, before: Statement<Locals>[] = []) =>
    model(
      { x: 0, y: 0, z: 0 },
      {
        left: [...before, store('x', 1, stores), load('y', 'a', loads)],
        right: [...before, store('y', 1, stores), load('x', 'a', loads)],
      },
      { atTheEnd: [{ text: 'one saw the other', holds: (_, [left, right]) => left?.a === 1 || right?.a === 1 }] },
    )

  it('lets a load pass an earlier store unless both are seq_cst', () => {
    expectToHold(storeBuffering('seq_cst', 'seq_cst'))
    expectFault(storeBuffering('acq_rel', 'seq_cst'), 'broken', ['one saw the other'])
    expectFault(storeBuffering('seq_cst', 'acq_rel'), 'broken', ['one saw the other'])
  })

  it('lets nothing else pass because some load is weaker', () => {
    expectToHold(storeBuffering('seq_cst', 'seq_cst', [load('z', 'b', 'acq_rel')]))
  })

  it('shows earlier stores before an atomic change, whether its old value is wanted or not', () => {
    const publishing = (publish: Statement<Locals>) =>
      model(
        { data: 0, flag: 0 },
        {
          writer: [store('data', 1, 'acq_rel'), publish],
          reader: [load('flag', 'a'), load('data', 'b'), assert('the data is there', (l) => l.a <= l.b)],
        },
      )
    expectToHold(publishing(change('flag', 'add', 1)))
    expectToHold(publishing(change('flag', 'add', 1, { old: 'a' })))
  })

  it('keeps the order of stores, and of loads, with release and acquire', () => {
    expectToHold(
      model(
        { data: 0, flag: 0 },
        {
          writer: [store('data', 1, 'acq_rel'), store('flag', 1, 'acq_rel')],
          reader: [
            load('flag', 'a', 'acq_rel'),
            load('data', 'b', 'acq_rel'),
            assert('the data is there', (l) => l.a <= l.b),
          ],
        },
      ),
    )
  })

  it('shows a process its own stores at once', () => {
    const own = [store('x', 1, 'acq_rel'), load('x', 'a', 'acq_rel'), assert('it is there', (l) => l.a === 1)]
    expectToHold(model({ x: 0 }, { own }))
  })

  it('loses no atomic addition, but one made of a load and a store', () => {
    const both = (program: Statement<Locals>[]) =>
      model(
        { x: 0 },
        { left: program, right: program },
        { atTheEnd: [{ text: 'both counted', holds: (memory) => memory.x === 2 }] },
      )
    expectToHold(both([change('x', 'add', 1)]))
    expectToHold(both([change('x', 'add', 1, { order: 'acq_rel' })]))
    expectFault(both([load('x', 'a'), store('x', (l) => l.a + 1)]), 'broken', ['both counted'])
  })

  it('gives one of two the bit that both take', () => {
    const take = [change('x', 'clear bits', 1, { old: 'a' }), when((l) => l.a === 1, [change('taken', 'add', 1)])]
    expectToHold(
      model(
        { x: 1, taken: 0 },
        { left: take, right: take },
        { atTheEnd: [{ text: 'taken once', holds: (memory) => memory.taken === 1 }] },
      ),
    )
  })
})

describe('sleeping', () => {
  it('sleeps only while the word is what was seen, until woken', () => {
    const sleeper = [load('x', 'a'), when((l) => l.a === 0, [sleep('x', 'a')])]
    expectToHold(model({ x: 0 }, { sleeper, waker: [change('x', 'add', 1), wake('x')] }))
    expectFault(model({ x: 0 }, { sleeper, waker: [wake('x'), change('x', 'add', 1)] }), 'stuck', [
      'sleeper sleeps on x',
    ])
  })

  it('delivers an event once, whether it came before or after', () => {
    const loopOnce = [awaitEvent('event')]
    const ring = [change('event', 'set bits', 1)]
    expectToHold(model({ event: 0 }, { loopOnce, ring }))
    expectFault(model({ event: 0 }, { loopTwice: [...loopOnce, ...loopOnce], ring }), 'stuck', [
      'loopTwice waits for event',
    ])
  })

  it('finds those who wait for each other', () => {
    expectFault(model({}, { left: [join('right')], right: [join('left')] }), 'stuck', [
      'left waits for the end of right',
      'right waits for the end of left',
    ])
  })
})

describe('the search', () => {
  it('finds a run that goes on for ever, and what is repeated', () => {
    const fault = expectFault(
      model({ x: 0 }, { spinning: [loop([load('x', 'a'), when((l) => l.a === 1, [leave])])], other: [store('x', 1)] }),
      'endless',
    )
    expect(fault.what).toEqual(['spinning: a = x (0)'])
  })

  it('tries every choice', () => {
    const program = [either([set('a', 1)], [set('a', 2)], [set('a', 3)]), store('x', (l) => l.a)]
    for (const value of [1, 2, 3]) {
      const atTheEnd = [{ text: `x is not ${value}`, holds: (memory: Record<string, number>) => memory.x !== value }]
      expectFault(model({ x: 0 }, { program }, { atTheEnd }), 'broken', [`x is not ${value}`])
    }
  })

  it('lets a mortal process die at any point, with what it has stored', () => {
    const mortal: ProcessDefinition<Locals> = {
      name: 'mortal',
      program: [store('x', 1, 'acq_rel'), store('x', 2)],
      locals: LOCALS,
      mortal: true,
    }
    const heir: ProcessDefinition<Locals> = { name: 'heir', program: [join('mortal'), load('x', 'a')], locals: LOCALS }
    for (const value of [0, 1, 2]) {
      expectFault(
        {
          memory: { x: 0 },
          processes: [mortal, heir],
          atTheEnd: [{ text: `the heir does not find ${value}`, holds: (_, [, heir]) => heir?.a !== value }],
        },
        'broken',
      )
    }
  })

  it('tells the shortest way to a fault, step by step', () => {
    const twice = [change('x', 'add', 1), load('x', 'a'), assert('x is below 2', (l) => l.a < 2)]
    expect(expectFault(model({ x: 0 }, { left: twice, right: twice }), 'broken').trace.split('\n')).toEqual([
      '  1  left: x += 1',
      '  2  right: x += 1',
      '  3  left: a = x (2)',
      'broken: x is below 2',
    ])
  })

  it('counts each state once', () => {
    const twoSteps = [store('x', 1), store('x', 1)]
    // Both may have made 0, 1 or 2 steps; x is 0 only before the first.
    expect(check(model({ x: 0 }, { left: twoSteps, right: twoSteps })).states).toBe(9)
  })
})
