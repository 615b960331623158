// The Web Worker of one plugin: how it is started, what it says, and how it ends.

import workerText from 'virtual:worker-text'
import { isErrorCode, SharedChannelError } from '@shared-channel/core'
import type { CheckedOptions } from './options.ts'
import type { StartMessage, WorkerMessage } from './worker/messages.ts'

/** What becomes of a plugin, for its link. */
export interface WorkerListener {
  ready(name: string, version: string, abiMinor: number): void
  ring(): void
  log(level: number, text: string): void
  error(text: string): void
  /** The last that is told; the worker is gone. */
  ended(reason: SharedChannelError | undefined): void
}

export class PluginWorker {
  readonly #worker: Worker
  readonly #listener: WorkerListener
  readonly #pending: Int32Array
  #hasSpoken = false
  #hasEnded = false
  #whenEnded: () => void = () => {}

  constructor(worker: Worker, start: Omit<StartMessage, 'pending'>, listener: WorkerListener) {
    this.#worker = worker
    this.#listener = listener
    this.#pending = new Int32Array(new SharedArrayBuffer(4))
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => this.#hear(data))
    worker.addEventListener('error', (event) => {
      event.preventDefault() // our own error tells
      this.#fail(event.message)
    })
    worker.addEventListener('messageerror', () => this.#fail('it cannot share memory with this page'))
    worker.postMessage({ ...start, pending: this.#pending } satisfies StartMessage)
  }

  /** Waits for the plugin, which was told to stop. @returns Whether it ended in time. */
  async hasEndedWithin(milliseconds: number): Promise<boolean> {
    if (!this.#hasEnded) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        this.#whenEnded = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#hasEnded
  }

  /** Ends the worker, whatever it is doing. Nothing is told any more. */
  terminate(): void {
    this.#hasEnded = true
    this.#worker.terminate()
  }

  #hear(message: WorkerMessage): void {
    if (this.#hasEnded) return
    this.#hasSpoken = true
    switch (message.type) {
      case 'ready':
        this.#listener.ready(message.name, message.version, message.abiMinor)
        break
      case 'ring':
        this.#listener.ring()
        break
      case 'log':
        Atomics.sub(this.#pending, 0, 1)
        this.#listener.log(message.level, message.text)
        break
      case 'error':
        Atomics.sub(this.#pending, 0, 1)
        this.#listener.error(message.text)
        break
      case 'ended':
        this.#end(reasonOf(message))
    }
  }

  #fail(what: string | undefined): void {
    if (this.#hasEnded) return
    this.#end(
      this.#hasSpoken
        ? new SharedChannelError(
            'PEER_LOST',
            `The plugin's worker has failed: ${what ?? 'the browser does not say why'}`,
          )
        : new SharedChannelError(
            'PLUGIN_LOAD_FAILED',
            `The plugin's worker did not start: ${what ?? 'the browser does not say why'}. Its script comes from a blob: URL; where the Content Security Policy has no "worker-src blob:", set the option worker.`,
          ),
    )
  }

  #end(reason: SharedChannelError | undefined): void {
    this.terminate()
    this.#listener.ended(reason)
    this.#whenEnded()
  }
}

/** One for the page; the text is small, and the next plugin takes it again. */
let scriptUrl: string | undefined

/** @throws SharedChannelError `PLUGIN_LOAD_FAILED` when the page may not start it. */
export function makeWorker(worker: CheckedOptions['worker']): Worker {
  if (typeof worker === 'function') return worker()
  try {
    if (worker !== undefined) return new Worker(worker, { type: 'module', name: 'shared-channel plugin' })
    scriptUrl ??= URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }))
    return new Worker(scriptUrl, { name: 'shared-channel plugin' })
  } catch (cause) {
    throw new SharedChannelError(
      'PLUGIN_LOAD_FAILED',
      `The page may not start the plugin's worker: ${String(cause)}. Allow "worker-src blob:", or set the option worker.`,
      { cause },
    )
  }
}

function reasonOf({ code, text, stack }: WorkerMessage & { type: 'ended' }): SharedChannelError | undefined {
  if (!isErrorCode(code)) return undefined
  if (stack === undefined) return new SharedChannelError(code, text)
  const cause = new Error(text)
  cause.stack = stack
  return new SharedChannelError(code, text, { cause })
}
