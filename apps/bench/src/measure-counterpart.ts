// What measures over a channel to plugin/measure.cpp, in any host.
import { bytes, defineProtocol, json, type Link, SharedChannel } from '@shared-channel/core'
import {
  type Counterpart,
  checkFilled,
  checkOrder,
  checkReport,
  type Description,
  fillByte,
  secondsSince,
} from './counterpart.ts'

/** What plugin/measure.cpp understands. */
const MEASURE = defineProtocol({
  send: {
    report: { id: 2, codec: bytes() },
    produce: { id: 3, codec: bytes() },
    describe: { id: 5, codec: bytes() },
    ask: { id: 7, codec: bytes(), reply: bytes() },
  },
  receive: { report: { id: 2, codec: bytes() }, json: { id: 6, codec: json<Description>() } },
  both: { data: { id: 1, codec: bytes({ view: true }) }, echo: { id: 4, codec: bytes({ view: true }) } },
})

const NOTHING = new Uint8Array(0)

/** The plugin behind a channel. */
export class MeasureCounterpart implements Counterpart {
  readonly #channel: SharedChannel<typeof MEASURE>
  readonly #failed: Promise<never>
  #echoed: () => void = () => {}
  #echoFailed: (reason: unknown) => void = () => {}
  #stopEcho: (() => void) | undefined

  constructor(link: Link) {
    const channel = new SharedChannel(link, MEASURE)
    this.#channel = channel
    this.#failed = new Promise((_, reject) => {
      channel.onError(reject)
      channel.closed.then(({ reason }) => reject(reason ?? new Error('the channel is closed')))
    })
    this.#failed.catch((reason) => this.#echoFailed(reason))
  }

  async send(payload: Uint8Array, messages: number): Promise<number> {
    const channel = this.#channel
    const start = performance.now()
    for (let i = 0; i < messages; i++) if (!channel.send('data', payload)) await channel.ready
    const { count, sum } = await this.#report()
    const seconds = secondsSince(start)
    checkReport(payload, messages, count, sum)
    return seconds
  }

  async fill(size: number, messages: number): Promise<number> {
    const payload = new Uint8Array(size)
    return this.#confirmFilled(size, messages, async (byte) => {
      if (!this.#channel.send('data', payload.fill(byte))) await this.#channel.ready
    })
  }

  /** The same without an array: fills the ring itself. */
  async fillInPlace(size: number, messages: number): Promise<number> {
    const channel = this.#channel
    return this.#confirmFilled(size, messages, async (byte) => {
      let slot = channel.reserve('data', size)
      while (slot === null) {
        await channel.ready
        slot = channel.reserve('data', size)
      }
      slot.bytes.fill(byte)
      slot.commit()
    })
  }

  receiveJson(text: string, messages: number, take: (value: Description) => void): Promise<number> {
    const received = new Promise<number>((resolve) => {
      let index = 0
      const stop = this.#channel.on('json', (value) => {
        take(value)
        if (++index < messages) return
        stop()
        resolve(secondsSince(start))
      })
      const start = performance.now()
      this.#channel.send('describe', numberAndText(messages, text))
    })
    return Promise.race([received, this.#failed])
  }

  receive(size: number, messages: number, take: (message: Uint8Array) => void): Promise<number> {
    const received = new Promise<number>((resolve, reject) => {
      let index = 0
      const stop = this.#channel.on('data', (message) => {
        take(message)
        try {
          checkOrder(message, size, index)
        } catch (error) {
          reject(error)
        }
        if (++index < messages) return
        stop()
        resolve(secondsSince(start))
      })
      const start = performance.now()
      this.#channel.send('produce', new Uint32Array([messages, size]))
    })
    return Promise.race([received, this.#failed])
  }

  /** The first call makes this side listen for echoes; see {@link listen}. */
  echo(payload: Uint8Array): Promise<void> {
    this.listen()
    return new Promise((resolve, reject) => {
      this.#echoed = resolve
      this.#echoFailed = reject
      this.#channel.send('echo', payload)
    })
  }

  request(payload: Uint8Array): Promise<Uint8Array> {
    return this.#channel.request('ask', payload)
  }

  /** Listens for echoes, as an application does while it has a channel open. */
  listen(): void {
    this.#stopEcho ??= this.#channel.on('echo', () => this.#echoed())
  }

  close(): Promise<unknown> {
    return this.#channel.close()
  }

  async #confirmFilled(size: number, messages: number, fillOne: (byte: number) => Promise<void>): Promise<number> {
    const start = performance.now()
    for (let i = 0; i < messages; i++) await fillOne(fillByte(i))
    const { count, sum } = await this.#report()
    const seconds = secondsSince(start)
    checkFilled(size, messages, count, sum)
    return seconds
  }

  #report(): Promise<{ count: number; sum: number }> {
    const answer = new Promise<{ count: number; sum: number }>((resolve) => {
      const stop = this.#channel.on('report', ({ buffer, byteOffset }) => {
        stop()
        const words = new DataView(buffer, byteOffset, 16)
        resolve({ count: Number(words.getBigUint64(0, true)), sum: Number(words.getBigUint64(8, true)) })
      })
    })
    this.#channel.send('report', NOTHING)
    return Promise.race([answer, this.#failed])
  }
}

function numberAndText(number: number, text: string): Uint8Array {
  const encoded = new TextEncoder().encode(text)
  const both = new Uint8Array(4 + encoded.length)
  new DataView(both.buffer).setUint32(0, number, true)
  both.set(encoded, 4)
  return both
}
