// What is asked of a component that opens a plugin in its page, whatever framework mounts it.
import { expect } from 'vitest'
import { waitForWorkers } from './ask-browser.ts'
import type { Memories } from './memories.ts'

const FRAMES = 60

/** Such a component. */
export interface Mounted {
  /** When all that the plugin sends first has come, as it was sent. */
  streamed(): Promise<unknown>
  unmount(): void
}

/** It streams from one plugin, which is gone when the component is. */
export async function expectToComeAndGo(mount: () => Mounted, memories: Memories): Promise<void> {
  const { streamed, unmount } = mount()
  await streamed()
  await waitForWorkers(1)
  unmount()
  await waitForWorkers(0)
  await memories.waitForNone()
}

/** So many of them, one after the other, have a plugin each, and leave nothing. */
export async function expectNothingOf(times: number, mount: () => Mounted, memories: Memories): Promise<void> {
  const before = memories.made
  for (let i = 0; i < times; i++) {
    const { streamed, unmount } = mount()
    await streamed()
    unmount()
  }
  expect(memories.made - before).toBe(times)
  await waitForWorkers(0)
  await memories.waitForNone()
}

/** So many of them leave nothing although they are unmounted while they connect, however far that has come. */
export async function expectNothingOfUnopened(times: number, mount: () => Mounted, memories: Memories): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { unmount } = mount()
    await new Promise((resolve) => setTimeout(resolve, i % 10)) // each time at another point
    unmount()
  }
  await waitForWorkers(0)
  await memories.waitForNone()
}

/**
 * However fast levels come, it takes them at most once a frame.
 *
 * @param mount Gets what is to be called whenever the component has taken one.
 */
export async function expectAnUpdateAFrame(
  mount: (onUpdate: (level: number | undefined) => void) => Mounted,
): Promise<void> {
  let updates = 0
  const levels = new Set<number | undefined>()
  const { streamed, unmount } = mount((level) => {
    updates++
    levels.add(level)
  })
  await streamed()

  const before = updates
  for (let frame = 0; frame < FRAMES; frame++) await new Promise(requestAnimationFrame)
  expect(updates - before).toBeLessThanOrEqual(FRAMES + 1)
  expect(levels.size).toBeGreaterThan(10) // they do come
  unmount()
  await waitForWorkers(0)
}
