// What an end of a link does in tests, whatever it is: a page, a process, a worker. The tests call it.
import type { Link } from '@shared-channel/core'
import { Sequence } from '../../app/sequence.ts'
import type { Checked } from '../../app/task.ts'
import { answer, ask, type Conversation, converseOver, exchange } from './conversation.ts'

type OnLink = (name: string, handler: (link: Link) => void) => unknown

/** Requests that go on until they are stopped. */
interface Asking {
  isOver: boolean
  wrong: number
  /** When each answer came, by the clock of `Date.now()`. */
  readonly times: number[]
  readonly done: Promise<void>
}

/** The conversations of one end, by the names of their links. */
export class Talks {
  readonly #onLink: OnLink
  readonly #conversations = new Map<string, Promise<Conversation>>()
  readonly #links = new Map<string, Link>()
  readonly #asking = new Map<string, Asking>()

  constructor(onLink: OnLink) {
    this.#onLink = onLink
  }

  /** Keeps the conversation that comes over the link of this name. */
  expect(name: string): void {
    const came = new Promise<Conversation>((resolve) =>
      this.#onLink(name, (link) => {
        this.#links.set(name, link)
        resolve(converseOver(link))
      }),
    )
    this.#conversations.set(name, came)
  }

  /** Resolves when it is there. */
  async came(name: string): Promise<void> {
    await this.#of(name)
  }

  /** Exchanges data, as the other side does now. */
  async converse({ name, side, mebibytes }: { name: string; side: number; mebibytes: number }): Promise<Checked> {
    return exchange(await this.#of(name), side, mebibytes)
  }

  /** Answers what the other side asks. */
  async answer(name: string): Promise<void> {
    answer(await this.#of(name))
  }

  /** Asks the other side so many times. @returns How many answers were wrong. */
  async ask({ name, times }: { name: string; times: number }): Promise<number> {
    const channel = await this.#of(name)
    const sequence = new Sequence(times)
    let wrong = 0
    for (let asked = 0; asked < times; asked++) if (!(await ask(channel, sequence))) wrong++
    return wrong
  }

  /** Asks the other side, again and again. Resolves when the first answer is here. */
  async startAsking(name: string): Promise<void> {
    const channel = await this.#of(name)
    const sequence = new Sequence(1)
    const askOnce = async () => {
      if (!(await ask(channel, sequence))) asking.wrong++
      asking.times.push(Date.now())
    }
    const goOn = async () => {
      while (!asking.isOver) await askOnce()
    }
    const first = Promise.resolve().then(askOnce)
    const asking: Asking = { isOver: false, wrong: 0, times: [], done: first.then(goOn) }
    this.#asking.set(name, asking)
    await first
  }

  /** @returns How many answers were wrong, and when they came. */
  async stopAsking(name: string): Promise<{ wrong: number; times: number[] }> {
    const asking = this.#asking.get(name) as Asking
    asking.isOver = true
    await asking.done
    return { wrong: asking.wrong, times: asking.times }
  }

  /** Writes all over the segment. */
  scribble(name: string): void {
    const link = this.#links.get(name) as Link
    new Uint8Array(link.memory).fill(0xa5)
    link.wakePeer()
  }

  async close(name: string): Promise<void> {
    await (await this.#of(name)).close()
  }

  /** When the conversation ended, by the clock of `Date.now()`, and why. */
  async endOf(name: string): Promise<{ at: number; code: string | undefined }> {
    const { reason } = await (await this.#of(name)).closed
    return { at: Date.now(), code: reason?.code }
  }

  #of(name: string): Promise<Conversation> {
    const conversation = this.#conversations.get(name)
    if (conversation === undefined) throw new Error(`nobody expects a link named ${name}`)
    return conversation
  }
}
