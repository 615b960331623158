/** Reads and writes the memory of the module. Its buffer is asked for each time: a module that grows gets another. */
export class ModuleMemory {
  readonly #memory: WebAssembly.Memory

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
  }

  /** UTF-8, of a copy: decoders do not take shared memory. */
  text(address: number, size: number): string {
    return new TextDecoder().decode(this.bytes(address, size).slice())
  }

  bytes(address: number, size: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, size)
  }

  view(): DataView {
    return new DataView(this.#memory.buffer)
  }
}
