import { expect } from 'vitest'

/** Counts the memories of WebAssembly that are made from here on, and those that garbage collection has taken. */
export class Memories {
  made = 0
  #collected = 0
  readonly #registry = new FinalizationRegistry<undefined>(() => void this.#collected++)

  constructor() {
    const made = (memory: WebAssembly.Memory) => {
      this.made++
      this.#registry.register(memory, undefined)
      this.#registry.register(memory.buffer, undefined)
    }
    globalThis.WebAssembly.Memory = class extends WebAssembly.Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor)
        made(this)
      }
    }
  }

  /** Collects what can be. Returns how many memories, and buffers of them, there are still. */
  collect(): number {
    const { gc } = globalThis as typeof globalThis & { gc?: () => void }
    if (gc === undefined) throw new Error('Chromium needs --js-flags=--expose-gc.')
    gc()
    return 2 * this.made - this.#collected
  }

  /** Waits until all are collected. */
  async waitForNone(): Promise<void> {
    await expect.poll(() => this.collect(), { timeout: 60_000 }).toBe(0)
  }
}
