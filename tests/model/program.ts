/**
 * The language of the models: what a process does, as a tree of statements close to the code that is modelled. Blocks of
 * them are plain functions. Each access to memory and each system call is one step; what stands between them is private
 * to the process and takes no step of its own.
 */

/**
 * `acq_rel` stands for release on a store, acquire on a load and both on a change of the old value: what is left when
 * `seq_cst` is weakened.
 */
export type Order = 'seq_cst' | 'acq_rel'

/** How a word changes. All but `set` are atomic operations on the old value. */
export type Change = 'set' | 'add' | 'set bits' | 'clear bits'

/** A word of shared memory; its name may depend on the process, as a slot of a ring does. */
export type Word<L> = string | ((locals: L) => string)

export type Value<L> = number | ((locals: L) => number)

/** What may happen to a process while it sleeps, besides being woken: its application, or a timer, goes on. */
export interface Task<L> {
  readonly text: string
  readonly when: (locals: L) => boolean
  readonly run: (locals: L) => void
}

export type Step<L> =
  | { readonly kind: 'load'; readonly word: Word<L>; readonly into: keyof L & string; readonly order: Order }
  | {
      readonly kind: 'change'
      readonly word: Word<L>
      readonly change: Change
      readonly value: Value<L>
      readonly order: Order
      /** Where the old value goes, when somebody wants to know it. */
      readonly old: (keyof L & string) | undefined
    }
  | {
      readonly kind: 'sleep'
      readonly word: string
      readonly seen: keyof L & string
      readonly tasks: readonly Task<L>[]
    }
  | { readonly kind: 'wake'; readonly word: string }
  | { readonly kind: 'await'; readonly event: string; readonly tasks: readonly Task<L>[] }
  | { readonly kind: 'join'; readonly process: string }

type Private<L> =
  | { readonly kind: 'set'; readonly name: keyof L & string; readonly value: Value<L> }
  | { readonly kind: 'assert'; readonly text: string; readonly holds: (locals: L) => boolean }

export type Statement<L> =
  | Step<L>
  | Private<L>
  | {
      readonly kind: 'when'
      readonly condition: (locals: L) => boolean
      readonly body: readonly Statement<L>[]
      readonly otherwise: readonly Statement<L>[]
    }
  | { readonly kind: 'either'; readonly choices: readonly (readonly Statement<L>[])[] }
  | { readonly kind: 'loop'; readonly body: readonly Statement<L>[] }
  | { readonly kind: 'leave' }

/** A statement after compilation: places in the program are indices, and the program's length is its end. */
export type Instruction<L> =
  | Step<L>
  | Private<L>
  | { readonly kind: 'branch'; readonly condition: (locals: L) => boolean; readonly otherwise: number }
  | { readonly kind: 'jump'; readonly to: readonly number[] }

/** The language for processes whose private variables are `L`. */
export function language<L extends Record<keyof L, number>>() {
  type Name = keyof L & string
  type Block = readonly Statement<L>[]
  return {
    load: (word: Word<L>, into: Name, order: Order = 'seq_cst'): Statement<L> => ({ kind: 'load', word, into, order }),
    store: (word: Word<L>, value: Value<L>, order: Order = 'seq_cst'): Statement<L> => ({
      kind: 'change',
      word,
      change: 'set',
      value,
      order,
      old: undefined,
    }),
    change: (
      word: Word<L>,
      change: Change,
      value: Value<L>,
      { order = 'seq_cst', old }: { order?: Order; old?: Name } = {},
    ): Statement<L> => ({ kind: 'change', word, change, value, order, old }),
    /** Sleeps while `word` is what `seen` holds, until woken (a futex). */
    sleep: (word: string, seen: Name, tasks: readonly Task<L>[] = []): Statement<L> => ({
      kind: 'sleep',
      word,
      seen,
      tasks,
    }),
    /** Wakes all who sleep on `word`. */
    wake: (word: string): Statement<L> => ({ kind: 'wake', word }),
    /** Returns to the event loop until `event` is not 0, and takes it. */
    awaitEvent: (event: string, tasks: readonly Task<L>[] = []): Statement<L> => ({ kind: 'await', event, tasks }),
    /** Waits until another process has come to its end, or is dead. */
    join: (process: string): Statement<L> => ({ kind: 'join', process }),
    /** Private variables change; no step. */
    set: (name: Name, value: Value<L>): Statement<L> => ({ kind: 'set', name, value }),
    assert: (text: string, holds: (locals: L) => boolean): Statement<L> => ({ kind: 'assert', text, holds }),
    when: (condition: (locals: L) => boolean, body: Block, otherwise: Block = []): Statement<L> => ({
      kind: 'when',
      condition,
      body,
      otherwise,
    }),
    /** One of the blocks; the checker tries all. */
    either: (...choices: Block[]): Statement<L> => ({ kind: 'either', choices }),
    loop: (body: Block): Statement<L> => ({ kind: 'loop', body }),
    /** Leaves the innermost loop. */
    leave: { kind: 'leave' } as Statement<L>,
  }
}

export function compile<L>(program: readonly Statement<L>[]): readonly Instruction<L>[] {
  const code: Instruction<L>[] = []
  const add = (instruction: Instruction<L>) => code.push(instruction) - 1
  const hole: Instruction<L> = { kind: 'jump', to: [] }
  const jump = (to: number): Instruction<L> => ({ kind: 'jump', to: [to] })

  function block(statements: readonly Statement<L>[], leaves: number[]): void {
    for (const statement of statements) one(statement, leaves)
  }

  function one(statement: Statement<L>, leaves: number[]): void {
    switch (statement.kind) {
      case 'when': {
        const branch = add(hole)
        block(statement.body, leaves)
        const end = add(hole)
        code[branch] = { kind: 'branch', condition: statement.condition, otherwise: code.length }
        block(statement.otherwise, leaves)
        code[end] = jump(code.length)
        break
      }
      case 'either': {
        const choice = add(hole)
        const starts: number[] = []
        const ends: number[] = []
        for (const statements of statement.choices) {
          starts.push(code.length)
          block(statements, leaves)
          ends.push(add(hole))
        }
        code[choice] = { kind: 'jump', to: starts }
        for (const end of ends) code[end] = jump(code.length)
        break
      }
      case 'loop': {
        const start = code.length
        const own: number[] = []
        block(statement.body, own)
        add(jump(start))
        for (const place of own) code[place] = jump(code.length)
        break
      }
      case 'leave':
        leaves.push(add(hole))
        break
      default:
        add(statement)
    }
  }

  block(program, [])
  return code
}
