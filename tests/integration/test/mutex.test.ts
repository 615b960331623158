// Locks between processes and workers, which end at any moment.
import type { ChildProcess } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { createSharedBuffer, type SharedBuffer, SharedMutex } from '@shared-channel/native'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { childPath, runChild } from './helpers/child.ts'
import { threadsNamed } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

let buffer: SharedBuffer
let mutex: SharedMutex

beforeEach(() => {
  buffer = createSharedBuffer(65536)
  mutex = new SharedMutex(buffer, 128)
})

afterEach(async () => {
  buffer.close()
  await until(() => threadsNamed(/^sc:(mutex|lock)$/).length === 0)
})

/** Starts children/lock.ts as a process, which is killed in the end whatever happens. */
function startProcess(...args: string[]) {
  let child: ChildProcess | undefined
  const ended = runChild('lock', [buffer.handle, ...args], {
    started: (started) => {
      child = started
    },
  })
  const says = (what: string) =>
    new Promise<void>((resolve, reject) => {
      child?.stdout?.on('data', (text: string) => text.includes(what) && resolve())
      ended.then(({ stderr }) => reject(new Error(`it ended before it said ${what}: ${stderr}`)), reject)
    })
  return { ended, says, kill: () => child?.kill('SIGKILL') }
}

function startWorker(...args: string[]) {
  const worker = new Worker(childPath('lock'), { argv: [buffer.handle, ...args] })
  const says = (what: string) =>
    new Promise<void>((resolve, reject) => {
      worker.on('message', (message) => message === what && resolve())
      worker.on('error', reject)
    })
  return { worker, says }
}

const lostWithinASecond = async () => {
  expect(await mutex.lock({ timeout: 1000 })).toEqual({ ownerLost: true })
  mutex.unlock()
}

describe('the owner of a lock', () => {
  it('is killed: the next lock succeeds within a second', async () => {
    for (let round = 0; round < 5; round++) {
      const owner = startProcess('hold')
      await owner.says('locked')
      expect(mutex.tryLock()).toBeUndefined()
      owner.kill()
      await lostWithinASecond()
      expect((await owner.ended).signal).toBe('SIGKILL')
    }
  })

  it('is killed: who waits already has it within a second', async () => {
    const owner = startProcess('hold')
    await owner.says('locked')
    const waiting = mutex.lock()
    owner.kill()
    const late = new Promise((_, reject) => setTimeout(reject, 1000, new Error('a second has passed')))
    expect(await Promise.race([waiting, late])).toEqual({ ownerLost: true })
    mutex.unlock()
    await owner.ended
  })

  it.each(['forget', 'exit'])('ends by itself: %s', async (way) => {
    const { code, stderr } = await startProcess(way).ended
    expect([code, stderr]).toEqual([0, '']) // a lock that is held keeps no event loop alive
    await lostWithinASecond()
  })

  it('is a worker that is terminated', async () => {
    for (let round = 0; round < 5; round++) {
      const { worker, says } = startWorker('hold')
      await says('locked')
      expect(mutex.tryLock()).toBeUndefined()
      const terminated = worker.terminate()
      await lostWithinASecond()
      await terminated
    }
  })

  it('is a worker that ends by itself', async () => {
    const { says } = startWorker('forget')
    await says('locked')
    await lostWithinASecond()
  })
})

describe('who waits for a lock', () => {
  it('is kept alive by it', async () => {
    await mutex.lock()
    const waiter = startProcess('wait')
    await waiter.says('waiting')
    mutex.unlock()
    expect(await waiter.ended).toMatchObject({ code: 0, stdout: 'waiting\nlocked\n', stderr: '' })
    await lostWithinASecond()
  })

  it('is killed: the others get it', async () => {
    await mutex.lock()
    const victims = [startProcess('wait'), startProcess('wait')]
    await Promise.all(victims.map((victim) => victim.says('waiting')))
    for (const victim of victims) victim.kill()
    mutex.unlock()
    await Promise.all(victims.map((victim) => victim.ended))
    await mutex.lock({ timeout: 1000 })
    mutex.unlock()
  })

  it('is a worker that is terminated: the others get it', async () => {
    for (let round = 0; round < 5; round++) {
      await mutex.lock()
      const { worker, says } = startWorker('wait')
      await says('waiting')
      const terminated = worker.terminate()
      mutex.unlock()
      await terminated
      await mutex.lock({ timeout: 1000 })
      mutex.unlock()
    }
  })
})

it('nobody is in at the same time: two workers, a process and this thread count with plain numbers', async () => {
  const rounds = 500
  const other = startProcess('count', String(rounds))
  const workers = [startWorker('count', String(rounds)), startWorker('count', String(rounds))]
  const counted = workers.map(({ says }) => says('counted'))
  const numbers = new Uint32Array(buffer.arrayBuffer, 0, 1)
  for (let i = 0; i < rounds; i++) {
    await mutex.run(async () => {
      const before = numbers[0] ?? 0
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
      numbers[0] = before + 1
    })
  }
  await Promise.all(counted)
  expect(await other.ended).toMatchObject({ code: 0, stderr: '' })
  expect(numbers[0]).toBe(4 * rounds)
})

it('nothing is left of locks that were closed, whose buffers were closed, or that were forgotten', async () => {
  const { code, stdout, stderr } = await runChild('lock-lifetime')
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual({ threads: 0, mappings: 0, descriptors: 0, remembered: 0 })
})
