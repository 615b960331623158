import { connect, levelAt, SAMPLE, Sample } from '@shared-channel/sample'
import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from 'vitest/browser'
import { type App, createApp, effectScope, h, KeepAlive, nextTick, type Plugin, ref, type VNodeChild } from 'vue'
import { sharedChannels, useSharedChannel } from '../../src/index.ts'
import { Memories } from './memories.ts'
import { STREAMED } from './order.ts'
import StreamingInstrument from './StreamingInstrument.vue'

const TIMEOUT = { timeout: 60_000, interval: 20 }
const REMOUNTS = 100

const memories = new Memories()

/** Shows what is rendered in a page of its own. */
function show(render: () => VNodeChild, plugins: Plugin[] = []) {
  const container = document.createElement('div')
  document.body.append(container)
  let app: App | undefined = createApp({ render })
  for (const plugin of plugins) app.use(plugin)
  app.mount(container)
  const outputs = () => [...container.querySelectorAll('output')]
  return {
    outputs,
    streamed: () => expect.poll(() => outputs()[0]?.textContent.trim(), TIMEOUT).toBe(STREAMED),
    unmount: () => {
      app?.unmount()
      app = undefined // whoever holds an app holds what its watchers saw last
      container.remove()
    },
  }
}

const showInstrument = () => show(() => h(StreamingInstrument))
const workers = (count: number) => expect.poll(() => commands.countWorkers(), TIMEOUT).toBe(count)
const noMemory = () => expect.poll(() => memories.collect(), TIMEOUT).toBe(0)

beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', async () => {
    const { streamed, unmount } = showInstrument()
    await streamed()
    await workers(1)
    unmount()
    await workers(0)
    await noMemory()
  })

  it('is opened once for all components of an app', async () => {
    const before = memories.made
    const names = ref(['a'])
    const render = () => names.value.map((name) => h(StreamingInstrument, { key: name, streams: name === 'a' }))
    const { outputs, streamed, unmount } = show(render, [sharedChannels()])
    await streamed()
    names.value = ['a', 'b']
    await nextTick()
    names.value = ['b']
    await nextTick()
    expect(outputs().map(({ dataset }) => dataset.status)).toEqual(['open'])
    await workers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await workers(0)
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, async () => {
    const before = memories.made
    for (let i = 0; i < REMOUNTS; i++) {
      const { streamed, unmount } = showInstrument()
      await streamed()
      unmount()
    }
    expect(memories.made - before).toBe(REMOUNTS)
    await workers(0)
    await noMemory()
  })

  it('leaves nothing when its component is unmounted while it connects, however far that has come', async () => {
    for (let i = 0; i < REMOUNTS; i++) {
      const { unmount } = showInstrument()
      await new Promise((resolve) => setTimeout(resolve, i % 10)) // each time at another point
      unmount()
    }
    await workers(0)
    await noMemory()
  })

  it('leaves nothing although somebody still holds what a scope has used', async () => {
    const scope = effectScope()
    const camera = scope.run(() => useSharedChannel({ key: 1, connect: () => connect(SAMPLE), protocol: Sample }))
    const level = camera?.latest('level')
    await expect.poll(() => camera?.channel.value?.state, TIMEOUT).toBe('open') // it was looked at, too
    scope.stop()
    await workers(0)
    await noMemory()
    expect([camera?.channel.value, level?.value]).toEqual([null, undefined])
  })

  it('waits for a component that is kept aside: every level arrives, in order', async () => {
    const RATE = 200_000
    const isShown = ref(true)
    const levels: number[] = []
    const instrument = { streams: false, rate: RATE, onLevel: (level: number) => levels.push(level) }
    const { unmount } = show(() => h(KeepAlive, () => (isShown.value ? h(StreamingInstrument, instrument) : null)))
    const more = async (count: number) => {
      const enough = levels.length + count
      await expect.poll(() => levels.length, TIMEOUT).toBeGreaterThan(enough)
    }
    await more(1000)
    isShown.value = false
    await nextTick()
    const { length } = levels
    await new Promise((resolve) => setTimeout(resolve, 500)) // at this rate the ring is full long before
    expect(levels).toHaveLength(length)
    isShown.value = true
    await more(100_000) // more than the ring holds
    unmount()
    await workers(0)
    expect(levels).toEqual(levels.map((_, n) => levelAt(n, RATE)))
  })
})

it.each([10_000, 1_000_000])('%i messages a second are at most one update a frame', async (rate) => {
  let updates = 0
  const levels = new Set<number | undefined>()
  const onUpdated = (level: number | undefined) => {
    updates++
    levels.add(level)
  }
  const { streamed, unmount } = show(() => h(StreamingInstrument, { rate, onUpdated }))
  await streamed()

  const before = updates
  const FRAMES = 60
  for (let frame = 0; frame < FRAMES; frame++) await new Promise(requestAnimationFrame)
  expect(updates - before).toBeLessThanOrEqual(FRAMES + 1)
  expect(levels.size).toBeGreaterThan(10) // they do come
  unmount()
  await workers(0)
})
