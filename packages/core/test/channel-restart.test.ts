// The other side goes and comes back with empty rings: `LinkListener.interrupted` and `resumed`.
import { describe, expect, it, onTestFinished } from 'vitest'
import { SharedChannel } from '../src/channel.ts'
import { SharedChannelError } from '../src/errors.ts'
import { flip } from '../src/protocol.ts'
import { Ask, sendUntilFalse, Talk } from './helpers/channel-pair.ts'
import { memoryLinks } from './helpers/memory-link.ts'
import { turns } from './helpers/wait.ts'

const lost = () => new SharedChannelError('PEER_LOST', 'The other side crashed.')

/** A channel whose other side nobody is at, and the way to bring somebody there. */
function open() {
  const [link] = memoryLinks()
  const channel = new SharedChannel(link, Talk, { closeTimeout: 50 })
  onTestFinished(async () => void (await channel.close()))
  const comeBack = () => {
    const { lost, link: peer } = link.resume()
    const other = new SharedChannel(peer, flip(Talk), { closeTimeout: 50 })
    const received: unknown[] = []
    for (const name of ['note', 'data'] as const) other.on(name, (value) => received.push(value))
    onTestFinished(async () => void (await other.close()))
    return { lost, other, received }
  }
  return { link, channel, comeBack }
}

describe('a channel whose other side comes back', () => {
  it('has lost what was in the ring, keeps what is sent meanwhile, and goes on', async () => {
    const { link, channel, comeBack } = open()
    for (const note of ['one', 'two', 'three']) channel.send('note', note)
    expect(link.interrupt(lost())).toBe(0)
    expect(channel.state).toBe('open')
    expect(channel.send('note', 'four')).toBe(false)
    expect(channel.trySend('note', 'refused')).toBe(false)
    expect(channel.reserve('data', 8)).toBeNull()
    const direct = channel.sendDirect('note', 'five')
    const { lost: number, other, received } = comeBack()
    expect(number).toBe(3)
    await direct
    await channel.ready
    channel.send('note', 'six')
    await turns()
    expect(received).toEqual(['four', 'five', 'six'])
    const heard: string[] = []
    channel.on('note', (note) => heard.push(note))
    other.send('note', 'hello again')
    await turns()
    expect(heard).toEqual(['hello again'])
    expect(await channel.close()).toEqual({ unconsumed: 0 })
  })

  it('counts what it has not taken itself, and hears what it takes in time', async () => {
    const [link, peer] = memoryLinks()
    const channel = new SharedChannel(link, Talk, { closeTimeout: 50 })
    const other = new SharedChannel(peer, flip(Talk))
    for (const note of ['one', 'two']) other.send('note', note)
    link.interrupt(lost())
    const heard: string[] = []
    const stop = channel.on('note', (note) => heard.push(note))
    await turns()
    expect(heard).toEqual(['one', 'two'])
    expect(link.resume().lost).toBe(0)
    stop()
    const again = new SharedChannel(link.peer, flip(Talk))
    for (const note of ['three', 'four', 'five']) again.send('note', note)
    link.interrupt(lost())
    expect(link.resume().lost).toBe(3)
    await channel.close({ discard: true })
  })

  it('gives up a message of which a part was sent, and counts it; a direct one rejects', async () => {
    for (const isDirect of [false, true]) {
      const { link, channel, comeBack } = open()
      const large = 'x'.repeat(50_000)
      const reason = lost()
      const sent = isDirect ? channel.sendDirect('note', large) : channel.send('note', large)
      channel.send('note', 'behind')
      expect(link.interrupt(reason)).toBe(1)
      if (isDirect) await expect(sent).rejects.toBe(reason)
      const { received } = comeBack()
      await turns()
      expect(received).toEqual(['behind'])
      expect(channel.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
    }
  })

  it('keeps marks of flush and of ready', async () => {
    const { link, channel, comeBack } = open()
    sendUntilFalse(channel)
    const waiting = Promise.all([channel.ready, channel.flush()])
    link.interrupt(lost())
    const { received } = comeBack()
    await waiting
    await turns()
    expect(received).toHaveLength(1)
  })

  it('takes an open slot back', async () => {
    const { link, channel, comeBack } = open()
    const slot = channel.reserve('data', 8)
    link.interrupt(lost())
    expect(() => slot?.commit()).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    slot?.abort() // harmless, and does not let anything go
    expect(channel.trySend('note', 'x')).toBe(false)
    const { received } = comeBack()
    await channel.ready
    channel.send('note', 'y')
    await turns()
    expect(received).toEqual(['y'])
  })

  it('rejects the calls that were open, also those that waited, and makes those that come meanwhile', async () => {
    const [link] = memoryLinks()
    const channel = new SharedChannel(link, Ask, { closeTimeout: 50 })
    onTestFinished(async () => void (await channel.close()))
    while (channel.trySend('note', 'x'.repeat(500)));
    const reason = lost()
    const open = [channel.request('ask', 1), channel.request('ask', 2)]
    link.interrupt(reason)
    for (const call of open) await expect(call).rejects.toBe(reason)
    expect(channel.stats().queuedMessages).toBe(0)
    const meanwhile = channel.request('ask', 3)
    const other = new SharedChannel(link.resume().link, flip(Ask))
    onTestFinished(async () => void (await other.close()))
    const asked: unknown[] = []
    other.handle('ask', (question) => {
      asked.push(question)
      return 'answer'
    })
    expect(await meanwhile).toBe('answer')
    expect(asked).toEqual([3])
  })

  it('is told so when it closes: it does not go on', async () => {
    const { link, channel } = open()
    const end = channel.close()
    expect(link.interrupt(lost())).toBeUndefined()
    await end
  })

  it('sends what is queued when it is back in time for the close', async () => {
    const { link, channel, comeBack } = open()
    link.interrupt(lost())
    channel.send('note', 'last words')
    const end = channel.close()
    await turns(2)
    const { received } = comeBack()
    expect(await end).toEqual({ unconsumed: 0 })
    expect(received).toEqual(['last words'])
  })

  it('that ends with calls in the queue has none of them left', async () => {
    const [link] = memoryLinks()
    const channel = new SharedChannel(link, Ask, { closeTimeout: 50 })
    while (channel.trySend('note', 'x'.repeat(500)));
    const calls = [channel.request('ask', 1), channel.request('ask', 2)]
    await channel.close({ discard: true })
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'CLOSED' })
    expect(channel.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
  })
})
