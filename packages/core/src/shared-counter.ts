import { invalidArgument, SharedChannelError } from './errors.ts'

/** Memory that a counter can be in: an ArrayBuffer, a SharedArrayBuffer, or what has one, such as a SharedBuffer. */
export type CounterMemory = ArrayBufferLike | { readonly arrayBuffer: ArrayBufferLike }

/**
 * A number that any number of threads and processes count in: eight bytes of memory that they share, each with a
 * SharedCounter of its own over them, in JavaScript or in C++ (`shared_counter.hpp`). Zeroed bytes are a counter at 0. Every
 * operation is one atomic step and never waits.
 *
 * The counter has 64 bits and wraps around. A number of JavaScript holds -(2^53 - 1) to 2^53 - 1 exactly; beyond, the counter
 * still counts, and JavaScript hears `NOT_SUPPORTED` instead of a wrong value.
 *
 * @example
 * const frames = new SharedCounter(buffer, 128)
 * frames.increment()
 */
export class SharedCounter {
  readonly #number: BigInt64Array

  /**
   * @param memory What all sides see. A buffer that is only a copy of it (`capabilities().memory`) has a counter of its own.
   * @param byteOffset Of the counter's eight bytes, a multiple of 8. Best leave the 128 bytes around them to the counter.
   * @throws SharedChannelError `INVALID_ARGUMENT` for a bad offset, and for what is no memory.
   */
  constructor(memory: CounterMemory, byteOffset = 0) {
    this.#number = numberAt(memory, byteOffset)
  }

  /**
   * How far it has counted.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` when that is more than a number holds; `CLOSED` when the memory was closed,
   *   released, or detached. So do all other functions.
   */
  get value(): number {
    return toNumber(this.#step((number) => Atomics.load(number, 0)))
  }

  /**
   * Adds to it.
   *
   * @param amount A whole number, which may be negative.
   * @returns The new value.
   * @throws SharedChannelError `INVALID_ARGUMENT` for what is no whole number, or too large to be exact.
   */
  add(amount: number): number {
    const addend = toBigInt('amount', amount)
    return toNumber(BigInt.asIntN(64, this.#step((number) => Atomics.add(number, 0, addend)) + addend))
  }

  /** Adds 1 and returns the new value. */
  increment(): number {
    return this.add(1)
  }

  /** Subtracts 1 and returns the new value. */
  decrement(): number {
    return this.add(-1)
  }

  /**
   * Sets it to `desired` if it is at `expected`.
   *
   * @returns The value that was found: `expected` when it was set.
   * @throws SharedChannelError `INVALID_ARGUMENT` as `add`.
   * @example
   * if (turn.compareExchange(0, 1) === 0) itIsMyTurn()
   */
  compareExchange(expected: number, desired: number): number {
    const [from, to] = [toBigInt('expected', expected), toBigInt('desired', desired)]
    return toNumber(this.#step((number) => Atomics.compareExchange(number, 0, from, to)))
  }

  #step(operation: (number: BigInt64Array) => bigint): bigint {
    try {
      return operation(this.#number)
    } catch (cause) {
      throw new SharedChannelError('CLOSED', 'The memory of this counter was closed, released, or detached.', { cause })
    }
  }
}

function numberAt(memory: CounterMemory, byteOffset: number): BigInt64Array {
  const buffer = (memory as { arrayBuffer?: ArrayBufferLike } | undefined | null)?.arrayBuffer ?? memory
  if (!/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(buffer))) {
    throw invalidArgument('A SharedCounter needs an ArrayBuffer, a SharedArrayBuffer or a SharedBuffer.')
  }
  // The engine would take a fraction, or a text, for an integer.
  if (Number.isInteger(byteOffset)) {
    try {
      return new BigInt64Array(buffer as ArrayBufferLike, byteOffset, 1)
    } catch {
      // not aligned, too short, or detached
    }
  }
  throw invalidArgument(
    `The byteOffset of a counter must be a multiple of 8 with 8 bytes behind it in the buffer; it is ${String(byteOffset)}.`,
  )
}

function toBigInt(what: string, value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value)
  throw invalidArgument(`${what} must be a whole number from -(2^53 - 1) to 2^53 - 1; it is ${String(value)}.`)
}

function toNumber(value: bigint): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new SharedChannelError(
    'NOT_SUPPORTED',
    `The counter is at ${value}, which a number of JavaScript does not hold exactly. Is the byteOffset right, and did nobody else write there?`,
  )
}
