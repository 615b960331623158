// What is written into a module for its host: how much memory it wants, which JavaScript cannot ask a module for.

/** The name of the custom section. Its text is JSON: {@link ModuleFacts}. */
const SECTION = 'shared-channel'
/** Of what the module and the script of its worker ask of each other. */
const HOST_VERSION = 1

const CUSTOM_SECTION = 0
const IMPORT_SECTION = 2

interface ModuleFacts {
  readonly version: number
  /** The largest segment there is room for. */
  readonly segmentBytes: number
  /** Of the memory that the module imports, in pages of 64 KiB. */
  readonly memory: MemoryLimits
}

interface MemoryLimits {
  readonly initial: number
  readonly maximum: number
}

/** @returns The module with the facts in it. */
export function finishModule(module: Uint8Array, segmentBytes: number): Uint8Array {
  const facts: ModuleFacts = { version: HOST_VERSION, segmentBytes, memory: memoryOf(module) }
  const name = new TextEncoder().encode(SECTION)
  const text = new TextEncoder().encode(JSON.stringify(facts))
  const head = leb(name.byteLength)
  const size = head.length + name.byteLength + text.byteLength
  return new Uint8Array(Buffer.concat([module, Uint8Array.of(CUSTOM_SECTION, ...leb(size), ...head), name, text]))
}

const MEMORY = 2

/** The limits of the memory that a linked module imports, which the linker writes as its first import. */
function memoryOf(module: Uint8Array): MemoryLimits {
  const reader = new Reader(module, 8) // behind magic and version
  for (;;) {
    const section = reader.byte()
    const size = reader.number()
    if (section === IMPORT_SECTION) break
    reader.at += size
  }
  reader.number() // how many imports
  reader.skipName()
  reader.skipName()
  const kind = reader.byte()
  reader.byte() // shared, and with a maximum: we linked it so
  if (kind !== MEMORY) throw new Error('The linker did not put the memory first.')
  return { initial: reader.number(), maximum: reader.number() }
}

class Reader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new Error('The module ends in the middle.')
    return byte
  }

  /** An unsigned LEB128. */
  number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  skipName(): void {
    const size = this.number()
    this.at += size
  }
}

/** A number as unsigned LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))]
}
