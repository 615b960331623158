// The real plugin, as WebAssembly in a worker of a real browser.
import { render, screen } from '@testing-library/svelte'
import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from 'vitest/browser'
import Instrument from './Instrument.svelte'
import { Memories } from './memories.ts'
import { STREAMED } from './order.ts'
import Page from './Page.svelte'

const TIMEOUT = { timeout: 60_000 }
const REMOUNTS = 100

const memories = new Memories()

const shown = (id = 'instrument') => screen.queryByTestId(id)?.textContent?.trim()
const streamed = (id?: string) => expect.poll(() => shown(id), { ...TIMEOUT, interval: 5 }).toBe(STREAMED)
const workers = (count: number) => expect.poll(() => commands.countWorkers(), TIMEOUT).toBe(count)
const noMemory = () => expect.poll(() => memories.collect(), TIMEOUT).toBe(0)

beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', async () => {
    const { unmount } = render(Instrument)
    await streamed()
    await workers(1)
    unmount()
    await workers(0)
    await noMemory()
  })

  it('is opened once for all components that share it', async () => {
    const before = memories.made
    const { rerender, unmount } = render(Page, { ids: ['a'] })
    await streamed('a')
    await rerender({ ids: ['a', 'b'] })
    await rerender({ ids: ['b'] })
    expect(screen.getByTestId('b').dataset.status).toBe('open')
    await workers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await workers(0)
    await noMemory()
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, async () => {
    const before = memories.made
    for (let i = 0; i < REMOUNTS; i++) {
      const { unmount } = render(Instrument)
      await streamed()
      unmount()
    }
    expect(memories.made - before).toBe(REMOUNTS)
    await workers(0)
    await noMemory()
  })

  it('leaves nothing when its component is unmounted while it connects, however far that has come', async () => {
    for (let i = 0; i < REMOUNTS; i++) {
      const { unmount } = render(Instrument)
      await new Promise((resolve) => setTimeout(resolve, i % 10)) // each time at another point
      unmount()
    }
    await workers(0)
    await noMemory()
  })
})

it.each([10_000, 1_000_000])('%i messages a second are at most one update a frame', async (rate) => {
  let updates = 0
  const levels = new Set<number | undefined>()
  const onupdate = (level: number | undefined) => {
    updates++
    levels.add(level)
  }
  const { unmount } = render(Instrument, { rate, onupdate })
  await streamed()

  const before = updates
  const FRAMES = 60
  for (let frame = 0; frame < FRAMES; frame++) await new Promise(requestAnimationFrame)
  expect(updates - before).toBeLessThanOrEqual(FRAMES + 1)
  expect(levels.size).toBeGreaterThan(10) // they do come
  unmount()
  await workers(0)
})
