// Has one channel after the other with a process that is killed at a random moment. Tells how each ended, how long the
// slowest took to be heard of, and what is left of it all.
//   survivor <who is killed: opener | creator> <what it does: load | idle | scribble> <rounds> <seed>
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { flip, SharedChannel } from '@shared-channel/core'
import { createChannel, openChannel } from '@shared-channel/native'
import { Between, randomFrom, StreamCheck, sendStream } from '../helpers/checked-stream.ts'
import { whatIsLeft } from '../helpers/left.ts'
import { until } from '../helpers/wait.ts'

const CHANNELS_OF_A_SCRIBBLER = 6

const [killed = '', what = '', ...numbers] = process.argv.slice(2)
const [rounds = 0, seed = 0] = numbers.map(Number)
const upTo = randomFrom(seed)

let codes: Record<string, number> = {}
let slowest = 0
let received = 0
await survive(seed) // what Node itself opens at the first child process stays open
const before = leftOver()
codes = {}
for (let round = 0; round < rounds; round++) {
  console.error(`round ${round} of seed ${seed}`) // which one it was, should this process not get any further
  await survive(upTo(2 ** 31))
}
const after = leftOver()
console.log(JSON.stringify({ codes, slowest: Math.round(slowest), received, before, after, ...(await whatIsLeft()) }))

async function survive(seed: number): Promise<void> {
  const count = what === 'scribble' ? CHANNELS_OF_A_SCRIBBLER : 1
  const made = killed === 'opener' ? Array.from({ length: count }, () => createChannel({ capacity: 4096 })) : []
  const peer = start(
    seed,
    made.map(({ handle }) => handle),
  )
  const [handle] = await once(peer, 'message')
  const links = killed === 'opener' ? made.map(({ link }) => link) : [openChannel(handle)]
  const channels = links.map(
    (link) => new SharedChannel(link, killed === 'opener' ? Between : flip(Between), { closeTimeout: 200 }),
  )
  const failures: unknown[] = []
  const check = new StreamCheck(seed + 1)
  for (const channel of channels) {
    channel.onError((error) => failures.push(error))
    channel.on('data', (data) => {
      received++
      if (what === 'load') check.take(data)
    })
    if (what !== 'idle') load(channel, seed)
  }

  peer.send('go')
  if (what === 'load') await until(() => check.count > upTo(30), 10_000)
  await new Promise((resolve) => setTimeout(resolve, upTo(20)))
  peer.kill('SIGKILL')
  const killedAt = performance.now()
  const ends = await Promise.race([Promise.all(channels.map(({ closed }) => closed)), late()])
  slowest = Math.max(slowest, performance.now() - killedAt)
  if (what === 'load' && failures.length > 0) throw failures[0]
  for (const { reason } of ends) codes[reason?.code ?? 'in order'] = (codes[reason?.code ?? 'in order'] ?? 0) + 1
  if (peer.exitCode === null && peer.signalCode === null) await once(peer, 'exit')
}

function start(seed: number, handles: string[]): ChildProcess {
  const program = fileURLToPath(new URL('./fault-peer.js', import.meta.url))
  return fork(program, [what, `${seed}`, ...handles], { execArgv: [] })
}

/** As much as goes: messages of the stream, and calls. */
function load(channel: SharedChannel<Between>, seed: number): void {
  channel.handle('double', (number) => 2 * number)
  void sendStream(channel, seed, Infinity).catch(() => {})
  void (async () => {
    for (let i = 0; ; i++) {
      const answer = await channel.request('double', i)
      if (what === 'load' && answer !== 2 * i) throw new Error(`${answer} is not twice ${i}`)
    }
  })().catch((error) => {
    if (!(error instanceof Error && 'code' in error)) throw error
  })
}

function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the end of the other side was not heard of within 10 s')), 10_000).unref()
  })
}

/** What would show outside of this process, and all of its descriptors. */
function leftOver() {
  return {
    files: readdirSync('/dev/shm').filter((name) => name.includes(`shared-channel-${process.pid}-`)).length,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}
