import { isCI, LeftOut } from '@shared-channel/run-electron'
import { describe, expect, it, type TestContext } from 'vitest'
import type { JobName, Jobs } from '../src/electron/order.ts'
import { Audience } from '../src/electron/page/audience.ts'
import { film } from '../src/electron/page/frame.ts'
import { measureElectron } from '../src/electron.ts'
import type { Outcome } from '../src/row.ts'

/** Each measurement fails by itself when the far end has not read what was sent. Skips the test where there is no Electron. */
async function measure<Name extends JobName>(context: TestContext, job: Name, settings: Jobs[Name]): Promise<Outcome> {
  try {
    return await measureElectron(job, settings)
  } catch (error) {
    if (error instanceof LeftOut && !isCI()) return context.skip(error.message)
    throw error
  }
}

function expectTimes({ ours, peers }: Outcome, names: readonly string[]): void {
  expect(Object.keys(peers).sort()).toEqual(names)
  for (const value of [ours, ...Object.values(peers)]) expect(value).toBeGreaterThan(0)
}

describe('in the real Electron', () => {
  const ONE_WAY = { rounds: 2, size: 64, messages: 3000, peerMessages: 99 }

  it('messages from a page to native code are measured', async (context) => {
    expectTimes(await measure(context, 'page-to-native', ONE_WAY), ['MessagePort'])
  })

  it('messages from page to page are measured', async (context) => {
    expectTimes(await measure(context, 'page-to-page', ONE_WAY), ['MessagePort'])
  })

  it('round trips are measured', async (context) => {
    const outcome = await measure(context, 'round-trip', { blocks: 2, samplesPerBlock: 10 })
    expectTimes(outcome, ['MessagePort', 'ipcRenderer.invoke'])
  })

  it('handing a buffer over is measured', async (context) => {
    expectTimes(await measure(context, 'hand-over', { rounds: 2, perRound: 2, size: 1 << 20 }), ['MessagePort'])
  })

  it('frames are counted on both ways', async (context) => {
    const settings = { frames: 20, perSecond: 50, width: 64, height: 64 } // all of them find room at once
    const { notes, problems } = await measure(context, 'frames', settings)
    expect(notes?.[0]).toMatch(/of 20 frames .* lost 0, torn 0, .*MessagePort lost 0, torn 0/)
    expect(problems).toEqual([])
  })
})

describe('the audience', () => {
  const frame = (number: number) => {
    const pixels = new Uint8Array(3 * 4096)
    film(pixels, number)
    return pixels
  }
  const see = (pixels: readonly Uint8Array[]) => {
    const audience = new Audience(4)
    for (const each of pixels) audience.see(each)
    return { lost: audience.lost, torn: audience.torn }
  }

  it('sees that all frames have come', () => {
    expect(see([0, 1, 2, 3].map(frame))).toEqual({ lost: 0, torn: 0 })
  })

  it('misses one in the middle, one at the end, and one that comes too late', () => {
    expect(see([0, 2, 3].map(frame))).toEqual({ lost: 1, torn: 0 })
    expect(see([0, 1, 2].map(frame))).toEqual({ lost: 1, torn: 0 })
    expect(see([0, 2, 1, 3].map(frame))).toEqual({ lost: 1, torn: 0 })
  })

  it.each([0, 4096, 3 * 4096 - 4])('sees that a frame is torn at %i', (at) => {
    const torn = frame(1)
    torn[at] = 2
    expect(see([frame(0), torn, frame(2), frame(3)])).toEqual({ lost: 0, torn: 1 })
  })
})
