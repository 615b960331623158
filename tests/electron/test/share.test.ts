// Memory and channels that all processes of an app share, in a real Electron.
import { readdirSync } from 'node:fs'
import { describe, expect, inject, it } from 'vitest'
import { PART_BYTES, type ShareResult, type TalkResult } from '../app/sharing/results.ts'
import { checksumOf } from '../expected.ts'
import { type Launch, protectedLaunch, USERS } from '../launch.ts'
import { runApp } from '../run-app.ts'

const PROCESSES = ['main', 'a', 'b', 'utility', 'node', 'native']
const WRITERS = [...PROCESSES, 'page a', 'page b']
const REQUESTS = 100
const TALK_BYTES = 6 << 20

describe.each(USERS)('all processes of an app, %s', (_user, launch) => {
  it.skipIf(launch === null)('share buffers and channels', async () => {
    const result = await share(launch, { trusted: false })
    expect(result.opened).toEqual(byPairs(() => 'opened'))
    expectChecked(result)
  })
})

describe.skipIf(inject('ordinaryElectron') === null)('processes at which nobody may look', () => {
  it('share by name with those who trust them', async () => {
    const result = await share(protectedLaunch, { trusted: true })
    // At other programs all may look.
    expect(result.opened).toEqual(byPairs((owner) => (['node', 'native'].includes(owner) ? 'opened' : 'NOT_SUPPORTED')))
    expectChecked(result)
    expect(namesOf(result.pids)).toEqual([])
  })
})

async function share(launch: (() => Launch) | null, { trusted }: { trusted: boolean }): Promise<ShareResult> {
  return (await runApp({ kind: 'share', trusted }, launch?.())) as ShareResult
}

function expectChecked({ pids, isolated, posted, sums, talks, talksWithoutMain }: ShareResult): void {
  expect(new Set(pids).size).toBe(PROCESSES.length)
  expect(isolated).toEqual([true, false])
  expect(posted).toBe('[object SharedArrayBuffer]')
  const expected = WRITERS.map((_, index) => checksumOf(index + 1, PART_BYTES))
  expect(sums).toEqual(Object.fromEntries(WRITERS.map((name) => [name, expected])))
  expect(Object.keys(talks)).toHaveLength(8)
  for (const results of Object.values(talks)) expectTalk(results)
  expectTalk(talksWithoutMain)
}

function expectTalk(results: readonly TalkResult[]): void {
  expect(results).toHaveLength(2)
  for (const { received, answers, errors } of results) {
    expect(errors).toEqual([])
    expect(received.wrong).toBe(0)
    expect(received.bytes).toBeGreaterThanOrEqual(TALK_BYTES)
    expect(answers).toBe(REQUESTS)
  }
}

/** What each process, as owner, is to each other one. */
function byPairs(outcome: (owner: string, opener: string) => string): ShareResult['opened'] {
  const pairs = (owner: string) =>
    PROCESSES.filter((opener) => opener !== owner).map((opener) => [opener, outcome(owner, opener)])
  return Object.fromEntries(PROCESSES.map((owner) => [owner, Object.fromEntries(pairs(owner))]))
}

/** Of segments that these processes have left behind in the file system. */
function namesOf(pids: readonly number[]): string[] {
  return readdirSync('/dev/shm').filter((name) => pids.some((pid) => name.startsWith(`shared-channel-${pid}-`)))
}
