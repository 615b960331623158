import { afterEach, describe, expect, it, vi } from 'vitest'
import { latestMessage } from '../src/latest-message.ts'
import { openPair } from './helpers/channel-pair.ts'
import { turns, until } from './helpers/wait.ts'

/** Frames that come when the test says so. */
function frames() {
  const due = new Map<number, () => void>()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    due.set(++last, callback)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => due.delete(frame))
  return {
    due,
    next() {
      const callbacks = [...due.values()]
      due.clear()
      for (const callback of callbacks) callback()
    },
  }
}

afterEach(() => void vi.unstubAllGlobals())

describe('the latest message', () => {
  it('is told once a frame, however many have come', async () => {
    const { due, next } = frames()
    const { a, b } = openPair()
    const latest = latestMessage(a, 'note')
    const run = vi.fn()
    latest.subscribe(run)
    for (let frame = 1; frame <= 3; frame++) {
      for (let i = 0; i < 1000; i++) if (!b.send('note', `${frame}.${i}`)) await b.ready
      await b.flush()
      await until(() => a.stats().receivedMessages === frame * 1000)
      expect(due.size).toBe(1)
      next()
      expect(latest.get()).toBe(`${frame}.999`)
    }
    expect(run.mock.calls).toEqual([[undefined], ['1.999'], ['2.999'], ['3.999']])
  })

  it('of several types is told in one callback of the frame, though one of those who are told may throw', async () => {
    const { due, next } = frames()
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const { a, b } = openPair()
    const [note, value] = [latestMessage(a, 'note'), latestMessage(a, 'value')]
    note.subscribe((text) => {
      if (text !== undefined) throw new Error('of a subscriber')
    })
    value.subscribe(() => {})
    b.send('note', 'hello')
    b.send('value', 1)
    await until(() => a.stats().receivedMessages === 2)
    expect(due.size).toBe(1)
    next()
    expect([note.get(), value.get()]).toEqual(['hello', 1])
    expect(report.mock.calls).toEqual([[new Error('of a subscriber')]])
  })

  it('is a consumer while somebody wants it', async () => {
    const { due } = frames()
    const { a, b } = openPair()
    b.send('note', 'early')
    const latest = latestMessage(a, 'note')
    await turns()
    expect(a.stats().receivedMessages).toBe(0)
    const leave = latest.subscribe(() => {})
    await until(() => due.size === 1)
    leave()
    expect(due.size).toBe(0)
    b.send('note', 'late')
    await turns()
    expect(a.stats().receivedMessages).toBe(1)
  })

  it('is a copy of what is a view of shared memory', async () => {
    const { due, next } = frames()
    const { a, b, memory } = openPair()
    const latest = latestMessage(a, 'seen')
    latest.subscribe(() => {})
    b.send('seen', new Uint8Array([1, 2, 3]))
    await until(() => due.size === 1)
    new Uint8Array(memory).fill(9, 65536)
    next()
    expect(latest.get()).toEqual(new Uint8Array([1, 2, 3]))
    expect(latest.get()?.buffer).not.toBe(memory)
  })

  it('comes soon where there are no frames', async () => {
    const { a, b } = openPair()
    const latest = latestMessage(a, 'note')
    latest.subscribe(() => {})
    b.send('note', 'hello')
    await until(() => latest.get() === 'hello')
  })

  it('is none of no channel, and of one that is closed', async () => {
    const { a } = openPair()
    await a.close()
    for (const channel of [null, a]) {
      const run = vi.fn()
      latestMessage(channel, 'note').subscribe(run)()
      expect(run.mock.calls).toEqual([[undefined]])
    }
  })

  it('refuses a name that the protocol has not', () => {
    const { a } = openPair()
    const latest = latestMessage(a, 'nothing' as 'note')
    expect(() => latest.subscribe(() => {})).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
