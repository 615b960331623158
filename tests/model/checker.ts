/**
 * Exhaustive search through the states of a model, breadth first, so that the first fault found is one that takes the
 * fewest steps. It holds when, in every interleaving,
 * - no assertion breaks,
 * - every process comes to its end (nobody is left asleep), where the model's expectations hold,
 * - and no run goes on for ever: the graph of states has no cycle.
 */
import { keyOf, Machine, type Model, type State } from './machine.ts'

export interface Fault {
  /** `stuck`: nothing can happen any more; `broken`: an assertion, or an expectation at the end; `endless`: a cycle. */
  readonly kind: 'stuck' | 'broken' | 'endless'
  /** Who has not ended, and where they are; what does not hold; the steps that are repeated for ever. */
  readonly what: readonly string[]
  /** What the shared words held then. */
  readonly memory: Readonly<Record<string, number>>
  /** Step by step, as text. */
  readonly trace: string
}

export interface Result {
  readonly states: number
  /** The shortest, or one of them; a cycle is not always the shortest. */
  readonly fault?: Fault
}

/** Beyond it a model is too large to be checked at each run of the tests. */
const MAX_STATES = 1_000_000

/**
 * @throws Error when the model has more than a million states, or a mistake of its own.
 * @example
 * const { states, fault } = check(model)
 * if (fault !== undefined) throw new Error(fault.trace)
 */
export function check<L extends object>(model: Model<L>): Result {
  return new Search(model).run()
}

class Search<L extends object> {
  readonly #machine: Machine<L>
  readonly #numbers = new Map<string, number>()
  /** By number of the state: where it was first reached from, and by which transition. */
  readonly #cameFrom: number[] = []
  readonly #cameBy: number[] = []
  readonly #successors: (readonly number[])[] = []

  constructor(model: Model<L>) {
    this.#machine = new Machine(model)
  }

  run(): Result {
    let level = this.#machine.start()
    for (const [index, state] of level.entries()) this.#add(state, -1, index)
    for (let number = 0; level.length > 0; ) {
      const next: State<L>[] = []
      for (const state of level) {
        const fault = this.#visit(state, number++, next)
        if (fault !== undefined) return { states: this.#numbers.size, fault }
      }
      level = next
    }
    const cycle = this.#findCycle()
    return { states: this.#numbers.size, ...(cycle && { fault: this.#endless(cycle) }) }
  }

  /** Adds the unknown states that follow to `next`. */
  #visit(state: State<L>, number: number, next: State<L>[]): Fault | undefined {
    const transitions = this.#machine.transitions(state)
    if (transitions.length === 0) {
      this.#successors[number] = []
      return this.#faultAtTheEnd(state, number)
    }
    const successors: number[] = []
    for (const [index, transition] of transitions.entries()) {
      if (transition.broken !== undefined) {
        return this.#fault('broken', [transition.broken], [...this.#wayTo(number), index])
      }
      const known = this.#numbers.size
      const successor = this.#add(transition.next, number, index)
      if (successor === known) next.push(transition.next)
      successors.push(successor)
    }
    this.#successors[number] = successors
    return undefined
  }

  /** The number of a state, a new one if it was unknown. */
  #add(state: State<L>, from: number, by: number): number {
    const key = keyOf(state)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#numbers.size
    if (number === MAX_STATES) throw new Error(`The model has more than ${MAX_STATES} states; give it smaller bounds.`)
    this.#numbers.set(key, number)
    this.#cameFrom.push(from)
    this.#cameBy.push(by)
    return number
  }

  #faultAtTheEnd(state: State<L>, number: number): Fault | undefined {
    const { model } = this.#machine
    const stuck = model.processes.flatMap((_, index) =>
      this.#machine.hasEnded(state, index) ? [] : [this.#machine.whereabouts(state, index)],
    )
    if (stuck.length > 0) return this.#fault('stuck', stuck, this.#wayTo(number))
    const locals = state.processes.map((process) => process.locals)
    const broken = (model.atTheEnd ?? []).filter(({ holds }) => !holds(state.memory, locals)).map(({ text }) => text)
    return broken.length > 0 ? this.#fault('broken', broken, this.#wayTo(number)) : undefined
  }

  /** The states of a cycle, or nothing; depth first. */
  #findCycle(): number[] | undefined {
    const left = new Uint8Array(this.#successors.length)
    const isOnPath = new Uint8Array(this.#successors.length)
    for (let start = 0; start < left.length; start++) {
      const path = left[start] === 1 ? [] : [start]
      while (path.length > 0) {
        const number = path.at(-1) as number
        isOnPath[number] = 1
        const next = this.#successors[number]?.find((successor) => left[successor] === 0)
        if (next === undefined) {
          left[number] = 1
          path.pop()
        } else if (isOnPath[next] === 1) {
          return path.slice(path.indexOf(next))
        } else {
          path.push(next)
        }
      }
    }
    return undefined
  }

  #endless(cycle: readonly number[]): Fault {
    const around = cycle.map((number, place) => {
      const successor = cycle[(place + 1) % cycle.length] as number
      return (this.#successors[number] as readonly number[]).indexOf(successor)
    })
    const way = this.#wayTo(cycle[0] as number)
    return this.#fault('endless', this.#replay([...way, ...around]).steps.slice(way.length - 1), [...way, ...around])
  }

  #fault(kind: Fault['kind'], what: readonly string[], way: readonly number[]): Fault {
    const { steps, memory } = this.#replay(way)
    const lines = steps.map((step, index) => `${String(index + 1).padStart(3)}  ${step}`)
    return { kind, what, memory, trace: [...lines, `${kind}: ${what.join('; ')}`].join('\n') }
  }

  /** How a state is reached: which of the starts, then which transition each time. */
  #wayTo(number: number): number[] {
    const way: number[] = []
    for (let at = number; at >= 0; at = this.#cameFrom[at] as number) way.push(this.#cameBy[at] as number)
    return way.reverse()
  }

  #replay([start, ...choices]: readonly number[]): { steps: string[]; memory: State<L>['memory'] } {
    let state = this.#machine.start()[start as number] as State<L>
    const steps = choices.map((choice) => {
      const transition = this.#machine.transitions(state)[choice]
      if (transition === undefined) throw new Error('A model must do the same each time.')
      state = transition.next
      return `${this.#machine.model.processes[transition.process]?.name}: ${transition.text()}`
    })
    return { steps, memory: state.memory }
  }
}
