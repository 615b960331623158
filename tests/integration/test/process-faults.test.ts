// Processes that end, or go mad, while they share a channel with another: that one says so at once, and has lost nothing
// that it took, and kept nothing of it.
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { SharedChannel } from '@shared-channel/core'
import { createChannel } from '@shared-channel/native'
import { describe, expect, it } from 'vitest'
import { Between, receiveStream, sendStream } from './helpers/checked-stream.ts'
import { runChild } from './helpers/child.ts'
import { soakSeconds } from './helpers/soak.ts'
import { until } from './helpers/wait.ts'

const KILLS = Math.max(140, 30 * soakSeconds)
const KILLS_IDLE = Math.max(10, 2 * soakSeconds)
const SCRIBBLERS = Math.max(15, 3 * soakSeconds)
/** The deadline of the project for an end to be heard of, in milliseconds. */
const DEADLINE = 1000

async function survive(killed: 'opener' | 'creator', what: 'load' | 'idle' | 'scribble', rounds: number) {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const args = [killed, what, `${rounds}`, `${seed}`]
  const { code, signal, stdout, stderr } = await runChild('survivor', args, { timeout: 10_000 + rounds * 2000 })
  expect({ code, signal }, `seed ${seed}: ${stderr.slice(-2000)}`).toEqual({ code: 0, signal: null })
  expect(stderr.replace(/^round \d+ of seed \d+\n/gm, ''), `seed ${seed}`).toBe('')
  const { codes, slowest, received, before, after, ...left } = JSON.parse(stdout)
  expect(left, `seed ${seed}`).toEqual({ threads: 0, mappings: 0, descriptors: 0 })
  expect(after, `seed ${seed}`).toEqual(before)
  return { seed, codes, slowest, received }
}

describe.concurrent.each(['opener', 'creator'] as const)('the %s of a channel is killed', (killed) => {
  const timeout = 20_000 + KILLS * 2000

  it(
    `at ${KILLS} random moments under load: the other says PEER_LOST within a second`,
    async () => {
      const { seed, codes, slowest, received } = await survive(killed, 'load', KILLS)
      expect(codes, `seed ${seed}`).toEqual({ PEER_LOST: KILLS })
      expect(slowest, `seed ${seed}`).toBeLessThan(DEADLINE)
      expect(received).toBeGreaterThan(KILLS)
    },
    timeout,
  )

  it(
    `${KILLS_IDLE} times while nobody sends anything: the other says PEER_LOST within a second`,
    async () => {
      const { seed, codes, slowest } = await survive(killed, 'idle', KILLS_IDLE)
      expect(codes, `seed ${seed}`).toEqual({ PEER_LOST: KILLS_IDLE })
      expect(slowest, `seed ${seed}`).toBeLessThan(DEADLINE)
    },
    timeout,
  )

  it(
    'after it has written over all of the memory: the other has closed by then, or says that it is lost',
    async () => {
      const { seed, codes, slowest, received } = await survive(killed, 'scribble', SCRIBBLERS)
      // Which of them depends on what the other has looked at before the kill. That garbage is seen as such: garbage.test.ts.
      const known = ['CORRUPT', 'PEER_LOST', 'MESSAGE_TOO_LARGE', 'TIMEOUT', 'CLOSED', 'in order']
      expect(
        Object.keys(codes).filter((code) => !known.includes(code)),
        `seed ${seed}`,
      ).toEqual([])
      expect(slowest, `seed ${seed}`).toBeLessThan(DEADLINE)
      expect(received).toBeGreaterThan(0)
    },
    timeout,
  )
})

it('a process that is stopped is not lost, and goes on where it was', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const COUNT = 4000
  const { link, handle } = createChannel({ capacity: 4096 })
  const channel = new SharedChannel(link, Between, { closeTimeout: 10_000 })
  let stopped: ChildProcess | undefined
  const other = runChild('channel-end', [handle, 'stream, and wait for the end', `${seed}`, `${COUNT}`], {
    started: (child) => {
      stopped = child
    },
  })
  const sent = sendStream(channel, seed, COUNT)
  const received = receiveStream(channel, seed + 1, COUNT)
  await until(() => channel.stats().receivedMessages > 100)
  stopped?.kill('SIGSTOP')
  await until(() => /\) T /.test(readFileSync(`/proc/${stopped?.pid}/stat`, 'utf8')))
  // The end of another one, which comes later, is heard of.
  const { codes } = await survive('opener', 'idle', 1)
  expect(codes).toEqual({ PEER_LOST: 1 })
  expect([channel.state, stopped?.signalCode]).toEqual(['open', null])
  stopped?.kill('SIGCONT')
  await Promise.all([sent, received])
  expect(await channel.close()).toEqual({ unconsumed: 0 })
  expect(await other).toMatchObject({ code: 0, stderr: '' })
})
