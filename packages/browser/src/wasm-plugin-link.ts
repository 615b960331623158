// A plugin in a worker as a link: how a channel reaches it, and what becomes of it.
import { AgentLink, canWaitForMemory, SharedChannelError } from '@shared-channel/core'
import type { CheckedOptions, LogLine } from './options.ts'
import { makeWorker, PluginWorker } from './plugin-worker.ts'
import type { Capabilities, PluginInfo, WasmPlugin } from './wasm-plugin.ts'

const ABI_MAJOR = 1
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

export class WasmPluginLink extends AgentLink implements WasmPlugin {
  /** When `initialize` went well. Rejects when it did not, or the plugin could not be loaded. */
  readonly opened: Promise<void>

  readonly #worker: PluginWorker
  readonly #onLog: ((line: LogLine) => void) | undefined
  #info: PluginInfo | undefined
  #settleOpened!: { resolve: () => void; reject: (reason: unknown) => void }

  /** `memory`: the module's, with the layout written. */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, options: CheckedOptions) {
    super(memory.buffer, 0, {
      stop: () => this.#stopWorker(options.shutdownTimeout),
      close: () => this.#worker.terminate(),
    })
    this.#onLog = options.onLog
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject }
    })
    const { capacities, options: json, updateInterval } = options
    this.#worker = new PluginWorker(
      makeWorker(options.worker),
      { module, memory, capacities, options: json, updateInterval, ringsByMessage: !canWaitForMemory },
      {
        ready: (name, version, abiMinor) => {
          this.#info = { name, version, abi: `${ABI_MAJOR}.${abiMinor}` }
          this.#settleOpened.resolve()
        },
        ring: () => this.wake(),
        log: (level, text) => this.#log({ level: LEVELS[level] ?? 'info', text }),
        error: (text) => this.error(new SharedChannelError('PLUGIN_ERROR', `${this.#who()}: ${text}`)),
        ended: (reason) => this.#hasEnded(reason),
      },
    )
  }

  get info(): PluginInfo {
    if (this.#info === undefined) throw new SharedChannelError('CLOSED', 'The plugin is not open.')
    return this.#info
  }

  capabilities(): Capabilities {
    return {
      zeroCopy: true,
      memory: 'shared',
      nativeInProcess: false,
      reason: 'The plugin is WebAssembly in a worker, which has no exchange and takes no SharedBuffers.',
    }
  }

  /** Nobody waits for it to open any more. */
  giveUp(reason: unknown): void {
    if (this.#info !== undefined) return
    this.#settleOpened.reject(reason)
    void this.close()
  }

  async #stopWorker(timeout: number): Promise<void> {
    if (await this.#worker.hasEndedWithin(timeout)) return
    this.error(
      new SharedChannelError(
        'PLUGIN_ERROR',
        `${this.#who()} did not return within ${timeout} ms after it was told to stop. Its worker is ended. Let its callbacks and loops look at stopping().`,
      ),
    )
    this.#worker.terminate()
  }

  #hasEnded(reason: SharedChannelError | undefined): void {
    this.end(reason)
    if (this.#info !== undefined) return
    this.#settleOpened.reject(
      reason ?? new SharedChannelError('PLUGIN_INIT_FAILED', 'The plugin ended while it opened.'),
    )
  }

  #log(line: LogLine): void {
    if (this.#onLog === undefined) console[line.level](`[${this.#info?.name ?? 'plugin'}] ${line.text}`)
    else this.#onLog(line)
  }

  #who(): string {
    return this.#info === undefined ? 'The plugin' : `The plugin "${this.#info.name}"`
  }
}
