import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, inject, it } from 'vitest'
import { mappedAddon } from '../app/own-process.ts'
import type { Place, QuitKind, QuitResult, ReloadResult, ReloadTime, StreamResult } from '../app/task.ts'
import { sandboxedLaunch } from '../launch.ts'
import { CAGE_PROBE, runApp, runJob } from '../run-app.ts'

const NAPI_NO_EXTERNAL_BUFFERS_ALLOWED = 22
const RING = 2 ** 20
const STREAMED = 200 * 2 ** 20
const BUSY_AND_QUIET_CHANNELS = 10
const PLACES: Place[] = ['main', 'preload', 'utility']

const withElectron = describe.skipIf(inject('electron') === null)

withElectron('the memory cage', () => {
  it('is not there in Node: the probe gets its external buffer', () => {
    const probe: { externalBufferStatus(): number } = createRequire(import.meta.url)(CAGE_PROBE)
    expect(probe.externalBufferStatus()).toBe(0)
  })

  it.each(PLACES)('is on in %s', async (place) => {
    const { versions, status } = await runJob('cage', place)
    expect(versions.electron).toBeDefined()
    expect(status).toBe(NAPI_NO_EXTERNAL_BUFFERS_ALLOWED)
  })
})

withElectron('checked data, 200 MiB each way', () => {
  it.each(PLACES)('streams through a channel in %s', async (place) => {
    await expectAllRight(await runJob('stream', place))
  })

  it('streams in a preload without a world of its own, which loses setImmediate', async () => {
    await expectAllRight(await runJob('stream', 'preload', { contextIsolation: false }))
  })
})

withElectron('every way to send, to call and to share memory', () => {
  it.each(PLACES)('works in %s', async (place) => {
    const fill = (at: number) => (7 * at + 3) & 255
    expect(await runJob('ways', place)).toEqual({
      sent: [1, 2, 3, 4, 5, 0],
      called: ['5', '2', '6,7', 'REMOTE_ERROR', 'TIMEOUT'],
      exchanged: [6, 0, 0, ...[0, 1, 2, 3, 4, 5].map(fill), 0, 0],
      streamed: place === 'preload' ? 'data 9' : 'NOT_SUPPORTED',
      compat: [1, 1, 2, 2],
    })
  })
})

describe.skipIf(inject('ordinaryElectron') === null)('as an ordinary user, with the sandbox on', () => {
  it('has the cage in a preload, too', async () => {
    const { status } = await runJob('cage', 'preload', { launch: sandboxedLaunch() })
    expect(status).toBe(NAPI_NO_EXTERNAL_BUFFERS_ALLOWED)
  })

  it('streams checked data in a preload', async () => {
    await expectAllRight(await runJob('stream', 'preload', { launch: sandboxedLaunch() }))
  })
})

withElectron('the life of a renderer', () => {
  it.each(['opening', 'busy'] satisfies ReloadTime[])(
    'leaves nothing behind when a page is reloaded ten times while its channels are %s',
    async (when) => {
      const { rounds, left } = (await runApp({ kind: 'reload', times: 10, when })) as ReloadResult
      const { pid } = left
      expect(rounds).toHaveLength(11)
      for (const round of rounds) {
        expect(round).toMatchObject({ pid, threadsAtStart: 0 })
        if (when === 'busy') expect(round.threadsBeforeReload).toBe(BUSY_AND_QUIET_CHANNELS)
      }
      expect(left).toEqual({ pid, threads: 0, descriptors: 0, mappings: 0, watched: 0 })
    },
  )

  it.each(['quit', 'close', 'destroy'] satisfies QuitKind[])('ends cleanly on %s with busy channels', async (how) => {
    const { pids } = (await runApp({ kind: 'quit', how })) as QuitResult
    expect(new Set(pids).size).toBe(3)
    await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([])
  })

  it('says so when there is no room for one more channel, and has room again when they are closed', async () => {
    const { opened, refusal, openedAgain } = await runJob('many', 'preload')
    expect(opened).toBeGreaterThan(90)
    expect([undefined, 'OUT_OF_MEMORY']).toContain(refusal)
    expect(openedAgain).toBeGreaterThan(90)
  })

  it('says what to do when there is no room for one more fixed buffer, and uses released ones again', async () => {
    const result = await runJob('fixedBuffers', 'preload')
    const { madeForTen, opened, refusal, afterOneRelease, afterAllReleases } = result
    expect(madeForTen).toBe(1)
    expect(opened).toBeGreaterThan(90)
    expect(refusal?.code).toBe('OUT_OF_MEMORY')
    expect(refusal?.message).toContain('put many small ones into parts of a larger one')
    expect(afterOneRelease).toBe(opened)
    expect(afterAllReleases).toBeGreaterThan(90)
  })
})

async function expectAllRight({ addon, sent, received, largest, errors }: StreamResult): Promise<void> {
  expect(errors).toEqual([])
  expect(sent).toMatchObject({ wrong: 0 })
  expect(received).toMatchObject({ wrong: 0 })
  for (const { messages, bytes } of [sent, received]) {
    expect(messages).toBeGreaterThan(10_000)
    expect(bytes).toBeGreaterThanOrEqual(STREAMED)
  }
  expect(largest).toBeGreaterThan(RING)
  expect(addon).toBe(await addonOfNode())
}

/** The very same file that Node loads. */
async function addonOfNode(): Promise<string | undefined> {
  const plugin = await openPlugin(pluginPath('echo'))
  await plugin.close()
  const addon = mappedAddon()
  expect(addon).toBeDefined()
  return addon
}

/** One that nobody has waited for yet (state Z) has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
