// The script of the Web Worker that a plugin runs in. The plugin's own host is in the module (packages/native/src/wasm); it
// blocks this thread for as long as it lives, so nothing here may wait for an event.
import { Mailbox } from './mailbox.ts'
import type { StartMessage, WorkerMessage } from './messages.ts'
import { ModuleMemory } from './module-memory.ts'
import { makeWasi } from './wasi.ts'

const INFO = 1
const ERROR = 3

/** What `shared-channel wasm` has the module export. */
interface Exports extends WebAssembly.Exports {
  _initialize(): void
  shared_channel_allocate(size: number): number
  shared_channel_run(fromPage: number, toPage: number, options: number, updateInterval: number): void
}

const say = (message: WorkerMessage) => postMessage(message)

addEventListener('message', ({ data }: MessageEvent<StartMessage>) => {
  const memory = new ModuleMemory(data.memory)
  const mailbox = new Mailbox(data.pending)
  let isReady = false
  let lastWords: string | undefined

  const host = {
    ring: data.ringsByMessage ? () => say({ type: 'ring' }) : () => {},
    ready(name: number, nameSize: number, version: number, versionSize: number, abiMinor: number) {
      isReady = true
      say({ type: 'ready', name: memory.text(name, nameSize), version: memory.text(version, versionSize), abiMinor })
    },
    log(level: number, text: number, size: number) {
      mailbox.post({ type: 'log', level, text: memory.text(text, size) })
    },
    error(text: number, size: number) {
      mailbox.post({ type: 'error', text: memory.text(text, size) })
    },
    dying(text: number, size: number) {
      lastWords = memory.text(text, size)
    },
    ended(code: number, codeSize: number, text: number, textSize: number) {
      say({ type: 'ended', code: memory.text(code, codeSize), text: memory.text(text, textSize) })
    },
  }
  const print = (text: string, isError: boolean) => mailbox.post({ type: 'log', level: isError ? ERROR : INFO, text })

  let exports: Exports
  try {
    const imports = {
      env: { memory: data.memory },
      shared_channel: host,
      wasi_snapshot_preview1: makeWasi(memory, print),
    }
    exports = new WebAssembly.Instance(data.module, imports).exports as Exports
  } catch (error) {
    say({ type: 'ended', code: 'PLUGIN_LOAD_FAILED', text: textOf(error) })
    return
  }
  try {
    exports._initialize() // constructors of static objects
    const [fromPage, toPage] = data.capacities
    exports.shared_channel_run(fromPage, toPage, putText(exports, memory, data.options), data.updateInterval)
  } catch (error) {
    const code = isReady ? 'PLUGIN_ERROR' : 'PLUGIN_INIT_FAILED'
    const stack = error instanceof Error ? error.stack : undefined
    say({ type: 'ended', code, text: lastWords ?? textOf(error), ...(stack === undefined ? {} : { stack }) })
  }
})

/** @returns The address of a NUL-terminated copy. */
function putText(exports: Exports, memory: ModuleMemory, text: string): number {
  const bytes = new TextEncoder().encode(`${text}\0`)
  const address = exports.shared_channel_allocate(bytes.byteLength)
  if (address === 0) throw new RangeError('there is no memory for the options')
  memory.bytes(address, bytes.byteLength).set(bytes)
  return address
}

function textOf(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError) return `WebAssembly trap: ${error.message}`
  // Only static objects let exceptions out, while they are made.
  return error instanceof Error ? error.message : 'an exception left the constructor of a static object'
}
