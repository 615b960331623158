// The port to the main process: what it says to this preload, and who waits for that.
import { SharedChannelError } from '@shared-channel/core'
import { ipcRenderer } from 'electron'
import type { BufferMessage } from '../shared/bridge.ts'
import type { FromMain, FromPreload, Grant, Hello } from '../shared/frame-messages.ts'
import { HELLO } from '../shared/frame-messages.ts'
import { unpackError } from '../shared/plain-error.ts'
import { type Pipe, pipeOf } from '../shared/port.ts'

type Welcome = Extract<FromMain, { type: 'welcome' }>
export type Offer = Extract<FromMain, { type: 'link' }>

/** A link that was asked for. */
interface Asked {
  granted(grant: Grant, port: MessagePort | undefined): void
  opened(): void
  failed(error: Error): void
}

/** Who hears what comes unasked. */
export interface Unasked {
  offered(offer: Offer, port: MessagePort): void
  buffers(message: BufferMessage): void
  webMessage(data: unknown): void
}

/** In milliseconds. The main process answers in the turn of its event loop that hears of the page, but may be busy while it starts. */
const LONGEST_SILENCE = 3000

export class MainProcess {
  /** Rejects when the main process refuses this page. Nobody answers where there is no broker. */
  readonly welcome: Promise<Welcome>
  readonly #pipe: Pipe<FromMain | BufferMessage>
  readonly #unasked: Unasked
  readonly #asked = new Map<string, Asked>()
  readonly #ends = new Map<string, (reason: Error | undefined) => void>()

  constructor(unasked: Unasked) {
    this.#unasked = unasked
    const { port1, port2 } = new MessageChannel()
    this.#pipe = pipeOf(port1)
    this.welcome = new Promise((resolve, reject) => {
      const received = (message: FromMain | BufferMessage, [port]: readonly unknown[]) => {
        if ('sharedChannel' in message) this.#unasked.buffers(message)
        else this.#received(message, port as MessagePort | undefined, resolve, reject)
      }
      this.#pipe.listen(received, () => {}) // it ends with this page
    })
    this.welcome.catch(() => {}) // told to those who ask
    ipcRenderer.postMessage(HELLO, { version: 1, isSandboxed: process.sandboxed === true } satisfies Hello, [port2])
  }

  /**
   * The same for who waits now, and not for ever.
   *
   * @throws SharedChannelError `NOT_SUPPORTED` when nobody answers.
   */
  welcomed(): Promise<Welcome> {
    return new Promise((resolve, reject) => {
      const silence = setTimeout(() => reject(noBroker()), LONGEST_SILENCE)
      void this.welcome.then(resolve, reject).finally(() => clearTimeout(silence))
    })
  }

  /** About buffers: as core has it, beside our own messages. */
  postBuffers(message: object): void {
    this.#pipe.post(message)
  }

  say(message: FromPreload): void {
    this.#pipe.post(message)
  }

  /** From here on what is said about this link goes to `asked`, until it was opened or has failed. */
  ask(id: string, asked: Asked): void {
    this.#asked.set(id, asked)
  }

  /** Calls `ended` when main says that the link is over. Returns how to stop. */
  onEnd(id: string, ended: (reason: Error | undefined) => void): () => void {
    this.#ends.set(id, ended)
    return () => this.#ends.delete(id)
  }

  #received(
    message: FromMain,
    port: MessagePort | undefined,
    welcomed: (welcome: Welcome) => void,
    refused: (reason: Error) => void,
  ): void {
    switch (message.type) {
      case 'welcome':
        welcomed(message)
        break
      case 'refused':
        refused(unpackError(message.error))
        break
      case 'granted':
        this.#asked.get(message.id)?.granted(message.grant, port)
        break
      case 'opened':
        this.#asked.get(message.id)?.opened()
        this.#asked.delete(message.id)
        break
      case 'failed':
        this.#asked.get(message.id)?.failed(unpackError(message.error))
        this.#asked.delete(message.id)
        break
      case 'link':
        if (port !== undefined) this.#unasked.offered(message, port)
        break
      case 'end':
        this.#ends.get(message.id)?.(message.error && unpackError(message.error))
        this.#ends.delete(message.id)
        break
      case 'web-message':
        this.#unasked.webMessage(message.data)
    }
  }
}

function noBroker(): SharedChannelError {
  return new SharedChannelError(
    'NOT_SUPPORTED',
    'The main process does not answer. Call createBroker() there before the window is opened, and give it the session of the window.',
  )
}
