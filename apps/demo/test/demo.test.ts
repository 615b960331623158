import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import type { Costs } from '../src/measure.ts'
import { type Parts, run } from '../src/run.ts'
import { type SharingResult, shareWithProcess } from '../src/share-with-process.ts'
import { fakePlugin } from './helpers/fake-plugin.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = temporaryFolder()
const CONTENT = randomBytes(1_000_003)
const file = folder.write('content.bin', CONTENT)

const demo = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })

describe('npm run demo', () => {
  it('--json prints exactly one object on stdout, and progress on stderr', () => {
    const { status, stdout, stderr } = demo(['--json', file])
    expect(status, stderr).toBe(0)
    expect(stderr).toContain('streaming content.bin')
    const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0)
    expect(JSON.parse(stdout)).toStrictEqual({
      match: true,
      bytes: CONTENT.length,
      sha256: createHash('sha256').update(CONTENT).digest('hex'),
      twoProcesses: { match: true, bytes: 100 << 20, handOverMilliseconds: positive },
      toNativeGBs: positive,
      toJavaScriptGBs: positive,
      messagesPerSecond: { sharedChannel: positive, workerThreads: positive },
      roundTripMicroseconds: {
        sharedChannel: { p50: positive, p99: positive },
        workerThreads: { p50: positive, p99: positive },
      },
      idleWakeUps: 0,
    })
  })

  it('shows people the digest and the table, for an empty file named from where they are', () => {
    folder.write('empty.bin', '')
    const { status, stdout, stderr } = demo(['empty.bin'], { INIT_CWD: dirname(file) })
    expect(status, stderr).toBe(0)
    for (const part of [
      '0 bytes',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'all, unchanged',
      'seen here',
      'worker_threads',
      'p50',
      'p99',
      'idle',
      'npm run demo -- --electron',
    ]) {
      expect(stdout).toContain(part)
    }
  })

  it.each([
    { args: ['missing.bin'], says: `There is no file ${folder.path}/missing.bin.` },
    { args: ['.'], says: 'is a directory' },
    { args: ['a', 'b'], says: 'too many arguments' },
  ])('ends with 1 and a clear word on stderr for $args', ({ args, says }) => {
    const { status, stdout, stderr } = demo(['--json', ...args], { INIT_CWD: folder.path })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(says)
  })
})

/** The program in this process, with another plugin, and without the time that measuring takes. */
const runWith = (args: string[], openLink: Parts['openLink'], sharing = SHARING) =>
  run(args, { openLink, shareWithProcess: async () => sharing, measureCosts: async () => COSTS })

const SHARING: SharingResult = { bytes: 1, readUnchanged: true, seesChanges: true, handOverMilliseconds: 1 }

const outcome = { ours: 1, peers: { worker_threads: 1 } }
const times = { p50: 1, p99: 2 }
const COSTS: Costs = {
  toNative: outcome,
  toJavaScript: outcome,
  small: outcome,
  roundTrip: { ours: times, worker: times, slept: 1 },
  idleWakeUps: 0,
}

describe('a plugin that does not give back what it got', () => {
  let stdout: MockInstance<typeof console.log>

  beforeEach(() => {
    stdout = vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  })

  const corrupting = async () =>
    fakePlugin({ giveBack: (chunk, _, send) => send(chunk.map((byte, at) => (at === 99 ? byte ^ 4 : byte))) })

  it('makes the demo end with 1 and say so as JSON', async () => {
    expect(await runWith(['--json', file], corrupting)).toBe(1)
    expect(JSON.parse(stdout.mock.calls.join())).toMatchObject({ match: false, bytes: CONTENT.length })
  })

  it('makes the demo end with 1 and say so to people', async () => {
    expect(await runWith([file], corrupting)).toBe(1)
    expect(stdout.mock.calls.join()).toContain('MISMATCH')
  })
})

describe('a plugin that cannot be opened', () => {
  it('makes the demo end with 1', async () => {
    const stderr = vi.spyOn(console, 'error').mockReturnValue()
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await runWith([file], () => Promise.reject(new Error('not built')))).toBe(1)
    expect(stderr.mock.calls.join()).toContain('not built')
  })
})

describe('another process that does not see the same memory', () => {
  beforeEach(() => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  })

  it.each([{ readUnchanged: false }, { seesChanges: false }])('makes the demo end with 1: %o', async (wrong) => {
    const stdout = vi.spyOn(console, 'log').mockReturnValue()
    const echoing = async () => fakePlugin({})
    expect(await runWith([file], echoing, { ...SHARING, ...wrong })).toBe(1)
    expect(stdout.mock.calls.join()).toContain('MISMATCH')
    expect(await runWith(['--json', file], echoing, { ...SHARING, ...wrong })).toBe(1)
  })

  it('is told of when it ends before it has answered', async () => {
    const ending = folder.write('ending.mjs', Buffer.from('process.exit(3)'))
    await expect(shareWithProcess(65536, ending)).rejects.toThrow('the other process ended with 3')
  })
})
