// Channels that end while something is going on, with a real plugin at the other end.
import { SharedChannelError } from '@shared-channel/core'
import { describe, expect, it } from 'vitest'
import { openChannel } from './helpers/channels.ts'
import { Data } from './helpers/protocols.ts'
import { openTally } from './helpers/tally.ts'
import { until } from './helpers/wait.ts'

const CLOSED = expect.objectContaining({ name: 'SharedChannelError', code: 'CLOSED' })

/** Slow messages until the ring is full; a millisecond each. Returns how many. */
function fill(channel: Awaited<ReturnType<typeof openTally>>['channel'], size = 100): number {
  for (let count = 0; ; count++) if (!channel.trySend('slow', new Uint8Array(size))) return count
}

describe('after close', () => {
  it('everything says CLOSED', async () => {
    const { channel } = await openTally()
    const slot = channel.reserve('slow', 8)
    void channel.close()
    for (const when of ['while it closes', 'when it is closed']) {
      expect(() => channel.send('slow', new Uint8Array()), when).toThrow(CLOSED)
      expect(() => channel.trySend('slow', new Uint8Array()), when).toThrow(CLOSED)
      expect(() => channel.reserve('slow', 8), when).toThrow(CLOSED)
      await expect(channel.sendDirect('slow', new Uint8Array()), when).rejects.toEqual(CLOSED)
      await channel.closed
    }
    expect(() => slot?.commit()).toThrow(CLOSED)
    slot?.abort()
    expect(() => channel.on('patient', () => {})).toThrow(CLOSED)
    await expect(channel.ready).rejects.toEqual(CLOSED)
    await expect(channel.flush()).resolves.toBeUndefined()
    expect(await channel.close()).toEqual({ unconsumed: 0 })
  })
})

describe('close', () => {
  it('lets the plugin take what waits in sendDirect', async () => {
    const { channel, took } = await openTally()
    const before = fill(channel)
    const waiting = [100, 10_000, 0].map((size) => channel.sendDirect('slow', new Uint8Array(size)))
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    await Promise.all(waiting)
    expect(took()).toBe(before + 3)
  })

  it('rejects what still waits in sendDirect when its time is over; the plugin sees nothing of it', async () => {
    const { channel, took } = await openTally({ closeTimeout: 5 })
    const before = fill(channel)
    const waiting = [8000, 1].map((size) => channel.sendDirect('slow', new Uint8Array(size)))
    const outcomes = Promise.allSettled(waiting)
    const { reason, unconsumed } = await channel.close()
    expect(reason?.code).toBe('TIMEOUT')
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED', cause: reason } })
    }
    expect(took() + unconsumed).toBe(before)
  })

  it('waits for what is in front of a message that is given up meanwhile, and so does flush', async () => {
    const { channel, took } = await openTally()
    const before = fill(channel)
    channel.send('slow', new Uint8Array(2000))
    const stop = new AbortController()
    const givenUp = channel.sendDirect('slow', new Uint8Array(10), { signal: stop.signal })
    const flushed = channel.flush().then(() => channel.stats().queuedMessages)
    const closed = channel.close()
    stop.abort(new Error('given up'))
    await expect(givenUp).rejects.toThrow('given up')
    expect(await closed).toEqual({ unconsumed: 0 })
    expect(await flushed).toBe(0)
    expect(took()).toBe(before + 1)
  })

  it('gives an open slot back, and sends what waited behind it', async () => {
    const { channel, took } = await openTally()
    const slot = channel.reserve('slow', 1000)
    expect(channel.send('slow', new Uint8Array(1))).toBe(false)
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    expect(() => slot?.commit()).toThrow(CLOSED)
    expect(took()).toBe(1)
  })

  it('in a handler takes effect after it; what was sent before is answered', async () => {
    const { channel, took } = await openTally()
    const sizes: number[] = []
    channel.on('patient', ({ length }) => {
      sizes.push(length)
      if (length === 1) void channel.close()
    })
    for (const size of [1, 2, 30_000, 3]) channel.send('patient', new Uint8Array(size))
    expect(await channel.closed).toEqual({ unconsumed: 0 })
    expect(sizes).toEqual([1, 2, 30_000, 3])
    expect(took()).toBe(4)
  })

  it('in a handler may be awaited by nobody inside, and by everybody outside', async () => {
    const { channel } = await openTally()
    let ends = 0
    channel.on('patient', async () => {
      await channel.close()
      ends++
    })
    for (let i = 0; i < 3; i++) channel.send('patient', new Uint8Array(i))
    await channel.closed
    await until(() => ends === 3)
  })

  it('in a handler, which then throws, is a close and an error', async () => {
    const { channel } = await openTally()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    channel.on('patient', () => {
      void channel.close()
      throw new Error('in the handler')
    })
    channel.send('patient', new Uint8Array(1))
    expect(await channel.closed).toEqual({ unconsumed: 0 })
    expect(errors).toEqual([expect.objectContaining({ message: 'in the handler' })])
  })

  it('ends a plugin that sends without end, and a loop over its messages', async () => {
    const channel = await openChannel('flood', Data, { receiveCapacity: 4096, options: 'send' })
    let received = 0
    for await (const { data } of channel) {
      expect(data.length).toBeGreaterThan(0)
      if (++received === 1000) void channel.close()
    }
    expect(channel.state).toBe('closed')
    expect((await channel.closed).reason).toBeUndefined()
  })
})

describe('a plugin that sends during shutdown', () => {
  it.each([false, true])('is told that it is over, by every way of sending; discard: %s', async (discard) => {
    const { channel, lines } = await openTally()
    channel.send('patient', new Uint8Array(1))
    expect(await channel.close({ discard })).toMatchObject({ unconsumed: expect.any(Number) })
    // SC_STOPPING from send and from reserve.
    expect(lines[1]).toBe('last words: -2 -2')
  })
})

describe('unconsumed', () => {
  it.each([0, 3, 20])('is what the plugin did not take, and no more: closed after it took %i', async (taken) => {
    const { channel, took } = await openTally()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    let sent = fill(channel)
    // More than the ring can hold, in fragments and not.
    for (const size of [10, 5000, 0]) {
      channel.send('slow', new Uint8Array(size))
      sent++
    }
    const start = performance.now()
    while (performance.now() < start + taken) await new Promise((resolve) => setTimeout(resolve, 1))
    const { unconsumed, reason } = await channel.close({ discard: true })
    expect(reason).toBeUndefined()
    expect(took() + unconsumed).toBe(sent)
    expect(errors).toEqual([])
  })

  it('is told of when nobody asked to discard', async () => {
    const { channel, took } = await openTally({ closeTimeout: 10 })
    const sent = fill(channel)
    const { unconsumed, reason } = await channel.close()
    expect(took() + unconsumed).toBe(sent)
    expect(unconsumed).toBeGreaterThan(0)
    expect(reason).toBeInstanceOf(SharedChannelError)
    expect(reason).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`${unconsumed} of the messages that this side sent were not consumed`),
    })
  })
})
