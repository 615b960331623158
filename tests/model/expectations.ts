import { expect } from 'vitest'
import { check, type Fault } from './checker.ts'
import type { Model } from './machine.ts'

/** What the tests of a file have explored. */
export const explored = { models: 0, states: 0 }

/** The model has no fault in any interleaving. */
export function expectToHold<L extends object>(model: Model<L>): void {
  const { fault } = explore(model)
  expect(fault?.kind, `\n${fault?.trace}\n`).toBeUndefined()
}

/** The model has this fault; `what` names who is stuck, or what does not hold. Returns the shortest way to it. */
export function expectFault<L extends object>(model: Model<L>, kind: Fault['kind'], what?: readonly string[]): Fault {
  const { states, fault } = explore(model)
  if (fault === undefined) throw new Error(`A fault (${kind}) was expected; there is none in ${states} states.`)
  expect({ kind: fault.kind, what: fault.what }, `\n${fault.trace}\n`).toEqual({ kind, what: what ?? fault.what })
  return fault
}

function explore<L extends object>(model: Model<L>) {
  const result = check(model)
  explored.models++
  explored.states += result.states
  return result
}
