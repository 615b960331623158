/**
 * What a state is, and which states may follow it: processes that run programs over shared memory, one step at a time.
 *
 * Memory. Every process has a store buffer, first in, first out: its changes stay there for as long as they like, and
 * other processes see them only when they leave. What waits for the buffer:
 * - a `seq_cst` load, for the process's own `seq_cst` changes; an `acq_rel` load waits for nothing;
 * - a change whose old value is wanted, and each system call, for everything.
 * So a later load may pass an earlier change to another word unless both are `seq_cst`. That is as weak as the C++ memory
 * model allows for such a pair, weaker than x86; in everything else it is total store order.
 */
import { type Change, compile, type Instruction, type Order, type Statement, type Step, type Task } from './program.ts'

/** A system to explore. `L` are the private variables of a process; all processes of a model have the same. */
export interface Model<L> {
  /** Each word of shared memory and what it holds at the start. */
  readonly memory: Readonly<Record<string, number>>
  readonly processes: readonly ProcessDefinition<L>[]
  /** What must hold when all processes have come to an end; asked there only. */
  readonly atTheEnd?: readonly Expectation<L>[]
}

export interface ProcessDefinition<L> {
  readonly name: string
  readonly program: readonly Statement<L>[]
  readonly locals: L
  /** It may stop for ever, at any point. */
  readonly mortal?: boolean
}

export interface Expectation<L> {
  readonly text: string
  readonly holds: (memory: Readonly<Record<string, number>>, locals: readonly L[]) => boolean
}

interface Pending {
  readonly word: string
  readonly change: Change
  readonly value: number
  readonly order: Order
}

export interface ProcessState<L> {
  /** Index of the next step; the program's length is the end. */
  readonly at: number
  readonly life: 'awake' | 'asleep' | 'woken' | 'dead'
  readonly buffer: readonly Pending[]
  readonly locals: L
  /** The same for two processes only when all of this is. */
  readonly number: number
}

export interface State<L> {
  readonly memory: Readonly<Record<string, number>>
  readonly processes: readonly ProcessState<L>[]
}

export interface Transition<L> {
  readonly process: number
  /** What happens, for a trace. */
  readonly text: () => string
  readonly next: State<L>
  /** The assertion of the program that this step broke. */
  readonly broken?: string | undefined
}

/** The same for two states of one machine only when they are equal. */
export function keyOf(state: State<object>): string {
  let key = Object.values(state.memory).join()
  for (const process of state.processes) key += `;${process.number}`
  return key
}

/** Runs the processes of a model. Throws nothing but mistakes of the model. */
export class Machine<L extends object> {
  readonly model: Model<L>
  readonly #code: readonly (readonly Instruction<L>[])[]
  /** Whether some load of the process may pass a change of its own: only then do `seq_cst` changes need the buffer. */
  readonly #reorders: readonly boolean[]

  readonly #processStates = new Map<string, ProcessState<L>>()

  constructor(model: Model<L>) {
    this.model = model
    this.#code = model.processes.map(({ program }) => compile(program))
    this.#reorders = this.#code.map((code) => code.some((step) => step.kind === 'load' && step.order === 'acq_rel'))
  }

  /** The states that the model may start in: several when a program begins with a choice. */
  start(): State<L>[] {
    let processes: ProcessState<L>[][] = [[]]
    for (const [index, { locals }] of this.model.processes.entries()) {
      const starts = this.#proceed(index, 0, locals).map(({ at, locals }) =>
        this.#processState(at, 'awake', [], locals),
      )
      processes = processes.flatMap((before) => starts.map((start) => [...before, start]))
    }
    return processes.map((all) => ({ memory: this.model.memory, processes: all }))
  }

  transitions(state: State<L>): Transition<L>[] {
    return state.processes.flatMap((process, index) => [
      ...this.#flush(state, index, process),
      ...this.#step(state, index, process),
      ...this.#death(state, index, process),
    ])
  }

  hasEnded(state: State<L>, index: number): boolean {
    const process = state.processes[index] as ProcessState<L>
    return process.life === 'dead' || process.at === this.#codeOf(index).length
  }

  /** Where a process stands, for a report. */
  whereabouts(state: State<L>, index: number): string {
    const process = state.processes[index] as ProcessState<L>
    const { name } = this.model.processes[index] as ProcessDefinition<L>
    if (process.life === 'dead') return `${name} is dead`
    const step = this.#codeOf(index)[process.at]
    if (step === undefined) return `${name} has ended`
    if (process.life === 'asleep' && step.kind === 'sleep') return `${name} sleeps on ${step.word}`
    if (step.kind === 'await') return `${name} waits for ${step.event}`
    if (step.kind === 'join') return `${name} waits for the end of ${step.process}`
    return `${name} is at ${step.kind}`
  }

  /** There is one object for each state that a process can be in. */
  #processState(at: number, life: ProcessState<L>['life'], buffer: readonly Pending[], locals: L): ProcessState<L> {
    const pending = buffer.map(({ word, change, value, order }) => `${word}${change}${value}${order}`).join()
    const key = `${at}${life}${pending};${Object.values(locals).join()}`
    const known = this.#processStates.get(key)
    if (known !== undefined) return known
    const state = { at, life, buffer, locals, number: this.#processStates.size }
    this.#processStates.set(key, state)
    return state
  }

  #codeOf(index: number): readonly Instruction<L>[] {
    return this.#code[index] as readonly Instruction<L>[]
  }

  /** The oldest change in the store buffer reaches memory. */
  #flush(state: State<L>, index: number, process: ProcessState<L>): Transition<L>[] {
    const [oldest, ...rest] = process.buffer
    if (oldest === undefined) return []
    const next = replace(state, index, this.#processState(process.at, process.life, rest, process.locals))
    return [
      {
        process: index,
        text: () => `${describe(oldest.word, oldest.change, oldest.value)} reaches memory`,
        next: { ...next, memory: changed(state.memory, oldest) },
      },
    ]
  }

  #death(state: State<L>, index: number, process: ProcessState<L>): Transition<L>[] {
    // With changes in its buffer it would only die a little earlier: the processor writes them all the same.
    if (!this.model.processes[index]?.mortal || process.buffer.length > 0 || this.hasEnded(state, index)) return []
    const dead = this.#processState(process.at, 'dead', [], process.locals)
    return [{ process: index, text: () => 'dies', next: replace(state, index, dead) }]
  }

  #step(state: State<L>, index: number, process: ProcessState<L>): Transition<L>[] {
    if (process.life === 'dead') return []
    const step = this.#codeOf(index)[process.at] as Step<L> | undefined
    if (step === undefined) return []
    const goOn = (
      text: () => string,
      { memory = state.memory, locals = process.locals, buffer = process.buffer, others = state.processes } = {},
    ): Transition<L>[] =>
      this.#proceed(index, process.at + 1, locals).map(({ at, locals: after, broken }) => ({
        process: index,
        text,
        next: replace({ memory, processes: others }, index, this.#processState(at, 'awake', buffer, after)),
        broken,
      }))
    const afterTasks = (tasks: readonly Task<L>[]): Transition<L>[] =>
      tasks
        .filter((task) => task.when(process.locals))
        .flatMap((task) => {
          const locals = { ...process.locals }
          task.run(locals)
          return goOn(() => task.text, { locals })
        })
    const ownOrder = process.buffer.some(({ order }) => order === 'seq_cst')

    switch (step.kind) {
      case 'load': {
        if (step.order === 'seq_cst' && ownOrder) return []
        const word = evaluate(step.word, process.locals)
        const pending = process.buffer.filter((change) => change.word === word)
        if (pending.some(({ change }) => change !== 'set')) return []
        const value = pending.at(-1)?.value ?? wordIn(state.memory, word)
        return goOn(() => `${step.into} = ${word} (${value})`, { locals: { ...process.locals, [step.into]: value } })
      }
      case 'change': {
        const change = {
          ...step,
          word: evaluate(step.word, process.locals),
          value: evaluate(step.value, process.locals),
        }
        const text = () => describe(change.word, change.change, change.value)
        if (step.old !== undefined) {
          if (process.buffer.length > 0) return []
          const old = wordIn(state.memory, change.word)
          const locals = { ...process.locals, [step.old]: old }
          const memory = changed(state.memory, change)
          return goOn(() => `${step.old} = ${change.word} (${old}), ${text()}`, { locals, memory })
        }
        // Held back and then let go at once, or not held back at all: without a load that passes, nobody can tell.
        const waits = step.order !== 'seq_cst' || this.#reorders[index] || process.buffer.length > 0
        if (!waits) return goOn(text, { memory: changed(state.memory, change) })
        return goOn(() => `${text()}, in its store buffer`, { buffer: [...process.buffer, change] })
      }
      case 'sleep': {
        if (process.life === 'asleep') return afterTasks(step.tasks)
        if (process.life === 'woken') return goOn(() => `is awake, was asleep on ${step.word}`)
        if (process.buffer.length > 0) return []
        const seen = Number(process.locals[step.seen])
        const value = wordIn(state.memory, step.word)
        if (value !== seen) return goOn(() => `does not sleep: ${step.word} is ${value}, no longer ${seen}`)
        const asleep = this.#processState(process.at, 'asleep', [], process.locals)
        return [{ process: index, text: () => `sleeps on ${step.word}`, next: replace(state, index, asleep) }]
      }
      case 'wake': {
        if (process.buffer.length > 0) return []
        const others = state.processes.map((other, who) => {
          const place = this.#codeOf(who)[other.at]
          const hears = other.life === 'asleep' && place?.kind === 'sleep' && place.word === step.word
          return hears ? this.#processState(other.at, 'woken', other.buffer, other.locals) : other
        })
        return goOn(() => `wakes who sleeps on ${step.word}`, { others })
      }
      case 'await': {
        if (process.buffer.length > 0) return []
        const others = afterTasks(step.tasks)
        if (wordIn(state.memory, step.event) === 0) return others
        const memory = { ...state.memory, [step.event]: 0 }
        return [...goOn(() => `hears ${step.event}`, { memory }), ...others]
      }
      case 'join': {
        const who = this.model.processes.findIndex(({ name }) => name === step.process)
        if (!this.hasEnded(state, who) || state.processes[who]?.buffer.length !== 0) return []
        return goOn(() => `learns that ${step.process} has ended`)
      }
    }
  }

  /** What a process does by itself up to its next step: one outcome, or several after a choice. */
  #proceed(index: number, from: number, before: L): { at: number; locals: L; broken?: string }[] {
    const code = this.#codeOf(index)
    const locals = { ...before }
    for (let at = from; ; ) {
      const instruction = code[at]
      if (instruction === undefined) return [{ at, locals }]
      switch (instruction.kind) {
        case 'set':
          Object.assign(locals, { [instruction.name]: evaluate(instruction.value, locals) })
          at++
          break
        case 'assert':
          if (!instruction.holds(locals)) return [{ at, locals, broken: instruction.text }]
          at++
          break
        case 'branch':
          at = instruction.condition(locals) ? at + 1 : instruction.otherwise
          break
        case 'jump':
          if (instruction.to.length > 1) return instruction.to.flatMap((to) => this.#proceed(index, to, locals))
          at = instruction.to[0] as number
          break
        default:
          return [{ at, locals }]
      }
    }
  }
}

function replace<L>(state: State<L>, index: number, process: ProcessState<L>): State<L> {
  const processes = [...state.processes]
  processes[index] = process
  return { memory: state.memory, processes }
}

function evaluate<L, T extends string | number>(what: T | ((locals: L) => T), locals: L): T {
  return typeof what === 'function' ? what(locals) : what
}

function wordIn(memory: Readonly<Record<string, number>>, word: string): number {
  const value = memory[word]
  if (value === undefined) throw new Error(`The model has no word "${word}"; it has ${Object.keys(memory).join(', ')}.`)
  return value
}

function changed(memory: Readonly<Record<string, number>>, { word, change, value }: Omit<Pending, 'order'>) {
  const old = wordIn(memory, word)
  return { ...memory, [word]: apply(old, change, value) }
}

function apply(old: number, change: Change, value: number): number {
  switch (change) {
    case 'set':
      return value
    case 'add':
      return old + value
    case 'set bits':
      return old | value
    case 'clear bits':
      return old & ~value
  }
}

function describe(word: string, change: Change, value: number): string {
  const operator = { set: '=', add: '+=', 'set bits': '|=', 'clear bits': '&= ~' }[change]
  return `${word} ${operator}${change === 'clear bits' ? '' : ' '}${value}`
}
