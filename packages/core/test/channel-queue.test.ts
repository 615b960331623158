// What waits for room in the ring: how much of it, and how it is let go.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { pattern } from './helpers/bytes.ts'
import { fillRing, openPair, sendUntilFalse } from './helpers/channel-pair.ts'
import { reasonsOf, stateOf, turns, until } from './helpers/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const full = expect.objectContaining({ code: 'QUEUE_FULL' })

describe('maxQueueBytes', () => {
  it('bounds empty messages too: each takes its place', () => {
    const { a } = openPair({ maxQueueBytes: 6400 })
    fillRing(a)
    let waiting = 0
    expect(() => {
      for (; waiting < 10_000; waiting++) a.send('note', '')
    }).toThrow(full)
    expect(waiting).toBeGreaterThanOrEqual(90)
    expect(waiting).toBeLessThanOrEqual(130)
    const before = a.stats()
    expect(before.queuedBytes).toBe(0)
    expect(() => a.send('note', '')).toThrow(full)
    expect(a.stats()).toEqual(before)
  })

  it('counts what has left the queue no more, of whatever size', async () => {
    const { a, b } = openPair({ maxQueueBytes: 1000 })
    let received = 0
    b.on('data', () => received++)
    let sent = 0
    for (let round = 0; round < 20; round++) {
      for (const size of [0, 1, 63, 64, 65, 700]) {
        const sendMany = () => {
          for (let i = 0; i < 2000; i++) {
            a.send('data', pattern(size))
            sent++
          }
        }
        expect(sendMany).toThrow(full)
        await a.ready
        expect(a.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
      }
    }
    await until(() => received === sent)
    fillRing(a)
    expect(a.send('data', pattern(800))).toBe(false)
    expect(a.send('data', pattern(200))).toBe(false) // the whole limit is there
    expect(() => a.send('data', pattern(0))).toThrow(full)
  })

  it('lets one message pass that is larger, when nothing waits', async () => {
    const { a, b } = openPair({ maxQueueBytes: 0 })
    fillRing(a)
    expect(a.send('data', pattern(100_000))).toBe(false)
    expect(a.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 100_000 })
    expect(() => a.send('note', '')).toThrow(full)
    b.on('data', () => {})
    await a.ready
    expect(a.send('note', '')).toBe(true)
  })

  it('is not touched by a message that was refused', async () => {
    const { a, b } = openPair({ maxQueueBytes: 1000 })
    const accepted = sendUntilFalse(a, 900)
    for (let i = 0; i < 100; i++) expect(() => a.send('data', pattern(900, 77))).toThrow(full)
    const seeds: (number | undefined)[] = []
    b.on('data', (data) => seeds.push(data[0]))
    await a.ready
    await until(() => seeds.length >= accepted)
    await turns()
    expect(seeds).toEqual(Array.from({ length: accepted }, (_, i) => pattern(1, i + 1)[0]))
  })
})

describe('a queue that is never empty', () => {
  it('lets go of what has left it', async () => {
    const size = 1 << 20
    const { a, b } = openPair({ capacity: 65536, closeTimeout: 1000 })
    let received = 0
    b.on('seen', () => received++)
    let sent = 0
    const feed = () => {
      while (sent - received < 4) a.send('seen', pattern(size, sent++))
    }
    feed()
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    while (received < 100) {
      await until(() => sent - received < 4)
      feed()
      expect(a.stats().queuedMessages).toBeGreaterThan(0)
      expect(a.stats().queuedBytes).toBe(a.stats().queuedMessages * size)
    }
    collectGarbage()
    await turns()
    collectGarbage()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * size)
  })

  it('does not grow with what has passed', async () => {
    const { a, b } = openPair({ capacity: 65536 })
    let received = 0
    b.on('seen', () => received++)
    let sent = 0
    const empty = new Uint8Array(0)
    const feed = () => {
      for (; sent - received < 30_000; sent++) a.send('seen', empty)
    }
    feed()
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    while (received < 200_000) {
      await turns(1)
      expect(a.stats().queuedMessages).toBeGreaterThan(0)
      feed()
    }
    collectGarbage()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 << 20)
  })
})

describe('flush', () => {
  it('resolves at once when nothing waits', async () => {
    const { a } = openPair()
    expect(await stateOf(a.flush())).toBe('resolved')
    a.send('note', 'in the ring')
    expect(await stateOf(a.flush())).toBe('resolved')
    fillRing(a) // the last of these was refused, and is no message
    expect(await stateOf(a.flush())).toBe('resolved')
  })

  it('resolves when all that was accepted before is in the ring, and does not wait for what came later', async () => {
    const { a, b } = openPair()
    fillRing(a)
    a.send('note', 'before')
    const direct = a.sendDirect('note', 'direct')
    const flushed = a.flush()
    const again = a.flush()
    a.send('data', pattern(50_000))
    const later = a.flush()
    expect(await stateOf(flushed)).toBe('pending')

    // Only as far as the first two: the large one stays in the queue.
    let stop = () => {}
    await new Promise<void>((resolve) => {
      stop = b.on('data', () => {
        if (b.stats().receivedMessages < 3) return
        stop()
        resolve()
      })
    })
    await Promise.all([flushed, again, direct])
    expect(a.stats().queuedMessages).toBe(1)
    expect(await stateOf(later)).toBe('pending')
    b.on('data', () => {})
    b.on('note', () => {})
    await later
    expect(a.stats().queuedMessages).toBe(0)
  })

  it('waits for what is in front of a sendDirect that was given up', async () => {
    const { a, b } = openPair()
    fillRing(a)
    a.send('note', 'kept')
    const controller = new AbortController()
    const given = [1, 2].map(() => a.sendDirect('note', 'given up', { signal: controller.signal }))
    const flushed = a.flush()
    controller.abort()
    expect(await reasonsOf(given)).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
    expect(await stateOf(flushed)).toBe('pending')
    b.on('data', () => {})
    b.on('note', () => {})
    await flushed
    expect(a.stats()).toMatchObject({ queuedMessages: 0 })
  })

  it('keeps apart who waits for one in front and who waits for the one given up', async () => {
    const { a, b } = openPair()
    fillRing(a)
    a.send('note', 'kept')
    const first = a.flush()
    const controller = new AbortController()
    const given = a.sendDirect('note', 'given up', { signal: controller.signal })
    const second = a.flush()
    controller.abort()
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
    expect(await stateOf(Promise.race([first, second]))).toBe('pending')
    b.on('data', () => {})
    b.on('note', () => {})
    await Promise.all([first, second])
  })

  it('resolves when only a sendDirect waited, and was given up', async () => {
    const { a } = openPair()
    fillRing(a)
    const given = a.sendDirect('data', pattern(5000), { timeout: 1 })
    const flushed = a.flush()
    await expect(given).rejects.toMatchObject({ code: 'TIMEOUT' })
    await flushed
  })

  it('rejects when the channel ends first', async () => {
    const { a } = openPair()
    sendUntilFalse(a)
    const flushed = a.flush()
    const { unconsumed } = await a.close({ discard: true })
    expect(unconsumed).toBe(a.stats().sentMessages + 1)
    await expect(flushed).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
