// Everything at once, with a plugin that sends back what it takes and keeps account of what it gave up.
import { SharedChannelError } from '@shared-channel/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { soakSeconds } from './helpers/soak.ts'
import { openTally } from './helpers/tally.ts'

const CAPACITY = 4096
const HALF = CAPACITY / 2 - 8

const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(HALF) },
  { weight: 2, arbitrary: fc.nat(4 * CAPACITY) },
  { weight: 1, arbitrary: fc.constantFrom(HALF - 1, HALF, HALF + 1, CAPACITY - 8, CAPACITY, 20 * CAPACITY + 3) },
)
const type = fc.constantFrom('patient' as const, 'impatient' as const)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('send' as const), type, size }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('trySend' as const), type, size: fc.nat(HALF) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('sendDirect' as const),
      type,
      size,
      timeout: fc.constantFrom(undefined, 0, 1, 3),
      waits: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('reserve' as const),
      type,
      size: fc.nat(HALF),
      // Nothing at all: the slot stays open until a later step.
      ends: fc.constantFrom('commit' as const, 'commit in part' as const, 'abort' as const, 'nothing' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('listen' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('stop listening' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), time: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('await ready' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Bytes that tell which message they are. */
function pattern(size: number, number: number): Uint8Array {
  const result = new Uint8Array(size)
  for (let i = 0; i < size; i++) result[i] = (i * 7 + number * 13) & 255
  return result
}

const name = (type: string, data: Uint8Array) => `${type} ${Buffer.from(data).toString('base64')}`

const isCode = (error: unknown, ...codes: string[]) => error instanceof SharedChannelError && codes.includes(error.code)

/** Sends as the steps say, and remembers what was accepted. */
class Sending {
  readonly received: string[] = []
  /** What was accepted, in order; `undefined` for what was given up. */
  readonly #accepted: (string | undefined)[] = []
  readonly #directs: Promise<void>[] = []
  #number = 0
  #stops: (() => void)[] = []
  #slot: { commit(length?: number): void; abort(): void } | null = null
  readonly tally: Awaited<ReturnType<typeof openTally>>

  constructor(tally: Awaited<ReturnType<typeof openTally>>) {
    this.tally = tally
  }

  async take(step: Step): Promise<void> {
    const { channel } = this.tally
    switch (step.does) {
      case 'send': {
        const data = pattern(step.size, this.#number++)
        channel.send(step.type, data)
        this.#accepted.push(name(step.type, data))
        data.fill(0) // it was copied
        break
      }
      case 'trySend': {
        const data = pattern(step.size, this.#number++)
        if (channel.trySend(step.type, data)) this.#accepted.push(name(step.type, data))
        break
      }
      case 'sendDirect': {
        const data = pattern(step.size, this.#number++)
        const place = this.#accepted.push(name(step.type, data)) - 1
        const options = step.timeout === undefined ? {} : { timeout: step.timeout }
        const sent = channel.sendDirect(step.type, data, options).catch((error) => {
          if (!isCode(error, 'TIMEOUT', 'CLOSED')) throw error
          this.#accepted[place] = undefined
        })
        this.#directs.push(sent)
        // With an open slot in front of it, or with nobody who listens, it might wait for ever.
        if (step.waits && step.timeout !== undefined) await sent
        break
      }
      case 'reserve': {
        this.#slot?.abort()
        this.#slot = channel.reserve(step.type, step.size)
        if (this.#slot === null) break
        const slot = this.#slot as NonNullable<ReturnType<typeof channel.reserve>>
        const data = pattern(step.ends === 'commit in part' ? step.size >> 1 : step.size, this.#number++)
        slot.bytes.set(data)
        if (step.ends === 'nothing') break
        if (step.ends === 'abort') slot.abort()
        else {
          slot.commit(data.length)
          this.#accepted.push(name(step.type, data))
        }
        this.#slot = null
        break
      }
      case 'listen':
        this.listen()
        break
      case 'stop listening':
        for (const stop of this.#stops.splice(0)) stop()
        break
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, step.time))
        break
      case 'await ready':
        this.#slot?.abort()
        this.#slot = null
        this.listen()
        await channel.ready
    }
  }

  listen(): void {
    if (this.#stops.length > 0) return
    for (const type of ['patient', 'impatient'] as const) {
      this.#stops.push(this.tally.channel.on(type, (data) => this.received.push(name(type, data))))
    }
  }

  /** Everything is taken and answered; returns the numbers of the answers that the plugin gave up. */
  async finish(): Promise<Set<number>> {
    this.#slot?.abort()
    this.listen()
    const account = new Promise<Uint32Array>((resolve) => this.tally.channel.on('account', resolve))
    this.tally.channel.send('ask', new Uint8Array())
    return new Set(await account)
  }

  async accepted(): Promise<string[]> {
    await Promise.all(this.#directs)
    return this.#accepted.filter((message) => message !== undefined)
  }
}

const steps = fc.array(step, { minLength: 1, maxLength: 40 })
const RUNS = Math.max(150, 50 * soakSeconds)
// Taken anew each time, and printed by fast-check when it fails.
const seed = Date.now() & 0x7fffffff

it('every accepted message arrives once and in order, in both directions, and what was given up never does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const tally = await openTally()
      const sending = new Sending(tally)
      for (const step of steps) await sending.take(step)
      const givenUp = await sending.finish()
      expect(await tally.channel.close()).toEqual({ unconsumed: 0 })
      const accepted = await sending.accepted()
      expect(tally.took()).toBe(accepted.length + 1)
      expect(sending.received).toEqual(accepted.filter((_, number) => !givenUp.has(number)))
    }),
    { numRuns: RUNS, seed },
  )
}, 120_000)

it('when the channel is closed at any moment, what the plugin did not take is counted, and nothing comes twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), fc.nat(5), async (steps, discard, closeTimeout) => {
      const tally = await openTally({ closeTimeout })
      const sending = new Sending(tally)
      for (const step of steps) await sending.take(step)
      const { unconsumed, reason } = await tally.channel.close({ discard })
      const accepted = await sending.accepted()
      expect(tally.took() + unconsumed).toBe(accepted.length)
      if (unconsumed > 0 && !discard) expect(reason?.code).toBe('TIMEOUT')
      // A subsequence, from the front.
      let place = -1
      for (const message of sending.received) {
        place = accepted.indexOf(message, place + 1)
        expect(place, 'twice, or out of order').toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: RUNS, seed },
  )
}, 120_000)
