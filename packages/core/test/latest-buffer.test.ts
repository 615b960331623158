import { describe, expect, it, vi } from 'vitest'
import { latestBuffer } from '../src/latest-buffer.ts'
import { postSharedBuffer } from '../src/posting.ts'
import { SharedBufferReceiver } from '../src/shared-buffer-receiver.ts'
import { filled, ports } from './helpers/buffers.ts'
import { TableHost } from './helpers/table-host.ts'
import { stateOf, until } from './helpers/wait.ts'

function posting() {
  const host = new TableHost()
  const [near, far] = ports()
  const receiver = new SharedBufferReceiver(far, host)
  const post = (additionalData: unknown, first = 1) =>
    postSharedBuffer(near, filled(host, 4, first), { additionalData })
  return { receiver, post }
}

describe('the latest buffer', () => {
  it('is shown until the next one comes, and released then', async () => {
    const { receiver, post } = posting()
    const latest = latestBuffer(receiver)
    const run = vi.fn()
    const leave = latest.subscribe(run)
    const first = post('first', 1)
    await until(() => latest.get() !== null)
    const shown = latest.get()
    expect(shown?.additionalData).toBe('first')
    expect([...(shown?.bytes ?? [])]).toEqual([1, 2, 3, 4])
    expect(await stateOf(first.released)).toBe('pending')

    const second = post('second', 5)
    await first.released
    expect([...(latest.get()?.bytes ?? [])]).toEqual([5, 6, 7, 8])
    expect(shown?.bytes.byteLength).toBe(0)

    leave()
    await second.released
    expect(latest.get()).toBe(null)
    expect(run).toHaveBeenCalledTimes(3)
  })

  it('is one that the predicate wants; the others are for others', async () => {
    const { receiver, post } = posting()
    const odd = latestBuffer(receiver, ({ additionalData }) => Number(additionalData) % 2 === 1)
    const even = latestBuffer(receiver, ({ additionalData }) => Number(additionalData) % 2 === 0)
    odd.subscribe(() => {})
    even.subscribe(() => {})
    const posts = [1, 2, 3].map((number) => post(number))
    await posts[0]?.released
    expect([odd.get()?.additionalData, even.get()?.additionalData]).toEqual([3, 2])
    expect(await stateOf(posts[1]?.released as Promise<unknown>)).toBe('pending')
    receiver.close()
  })

  it('may have gone with its receiver', async () => {
    const { receiver, post } = posting()
    const latest = latestBuffer(receiver)
    const leave = latest.subscribe(() => {})
    const posted = post('gone')
    await until(() => latest.get() !== null)
    receiver.close()
    await posted.released
    leave()
    expect(latest.get()).toBe(null)
  })

  it('is none of no receiver', () => {
    const run = vi.fn()
    latestBuffer(null).subscribe(run)()
    expect(run.mock.calls).toEqual([[null]])
  })
})
