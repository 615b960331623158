// The utility process of one plugin: started by the first link, ended with the last.
import { fileURLToPath } from 'node:url'
import { SharedChannelError } from '@shared-channel/core'
import { type UtilityProcess, utilityProcess } from 'electron'
import { unpackError } from '../shared/plain-error.ts'
import type { FromUtility, ToUtility } from '../shared/utility-messages.ts'
import type { CheckedPlugin } from './plugins.ts'

const PROGRAM = fileURLToPath(new URL('./utility-host.cjs', import.meta.url))

interface Served {
  opened(): void
  failed(error: Error): void
}

export class UtilityHome {
  readonly #name: string
  readonly #trusted: boolean
  #process: UtilityProcess | undefined
  readonly #opening = new Map<number, Served>()
  /** Of each plugin that is open: who waits for its end. */
  readonly #open = new Map<number, () => void>()
  #lastId = 0

  constructor(name: string, trusted: boolean) {
    this.#name = name
    this.#trusted = trusted
  }

  /**
   * Opens the plugin at the other end of a channel.
   *
   * @param handle Of the other end of `createChannel`.
   * @returns How to stop it; resolves when it has ended.
   * @throws SharedChannelError (as a rejection) as `openPlugin`; `PEER_LOST` when the process ends meanwhile.
   */
  async serve(handle: string, { path, options }: CheckedPlugin): Promise<() => Promise<void>> {
    const id = ++this.#lastId
    const { isolation: _, ...rest } = options
    const opened = new Promise<void>((resolve, reject) => {
      this.#opening.set(id, { opened: resolve, failed: reject })
    })
    this.#say({ type: 'serve', id, handle, path, options: rest, trusted: this.#trusted })
    const ended = new Promise<void>((resolve) => this.#open.set(id, resolve))
    try {
      await opened
    } catch (error) {
      this.#ended(id)
      throw error
    } finally {
      this.#opening.delete(id)
    }
    return () => {
      if (this.#open.has(id)) this.#say({ type: 'stop', id })
      return ended
    }
  }

  /** Ends the process, whatever it does. */
  kill(): void {
    this.#process?.kill()
  }

  #say(message: ToUtility): void {
    this.#process ??= this.#start()
    this.#process.postMessage(message)
  }

  #start(): UtilityProcess {
    const started = utilityProcess.fork(PROGRAM, [], { serviceName: `Shared Channel: ${this.#name}` })
    started.on('message', (message: FromUtility) => this.#received(message))
    started.once('exit', (code) => {
      if (this.#process !== started) return // ended when nothing was open, and another one may have been started
      this.#process = undefined
      for (const ended of this.#open.values()) ended()
      this.#open.clear()
      const reason = new SharedChannelError('PEER_LOST', `The utility process of '${this.#name}' has ended (${code}).`)
      for (const { failed } of this.#opening.values()) failed(reason)
    })
    return started
  }

  #received(message: FromUtility): void {
    switch (message.type) {
      case 'opened':
        this.#opening.get(message.id)?.opened()
        break
      case 'failed':
        this.#opening.get(message.id)?.failed(unpackError(message.error))
        break
      case 'ended':
        this.#ended(message.id)
        break
      case 'log':
        console[message.line.level](`[${this.#name}] ${message.line.text}`)
        break
      case 'error':
        console.error(`[${this.#name}]`, unpackError(message.error))
    }
  }

  #ended(id: number): void {
    this.#open.get(id)?.()
    this.#open.delete(id)
    if (this.#open.size > 0 || this.#process === undefined) return
    this.#process.kill()
    this.#process = undefined
  }
}
