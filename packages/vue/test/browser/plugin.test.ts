import {
  expectAnUpdateAFrame,
  expectNothingOf,
  expectNothingOfUnopened,
  expectToComeAndGo,
  Memories,
  waitForWorkers,
} from '@shared-channel/run-chromium/page'
import { connect, levelAt, SAMPLE, Sample } from '@shared-channel/sample'
import { beforeAll, describe, expect, it } from 'vitest'
import { type App, createApp, effectScope, h, KeepAlive, nextTick, type Plugin, ref, type VNodeChild } from 'vue'
import { sharedChannels, useSharedChannel } from '../../src/index.ts'
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
beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', () => expectToComeAndGo(showInstrument, memories))

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
    await waitForWorkers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await waitForWorkers(0)
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, () =>
    expectNothingOf(REMOUNTS, showInstrument, memories))

  it('leaves nothing when its component is unmounted while it connects, however far that has come', () =>
    expectNothingOfUnopened(REMOUNTS, showInstrument, memories))

  it('leaves nothing although somebody still holds what a scope has used', async () => {
    const scope = effectScope()
    const camera = scope.run(() => useSharedChannel({ key: 1, connect: () => connect(SAMPLE), protocol: Sample }))
    const level = camera?.latest('level')
    await expect.poll(() => camera?.channel.value?.state, TIMEOUT).toBe('open') // it was looked at, too
    scope.stop()
    await waitForWorkers(0)
    await memories.waitForNone()
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
    await waitForWorkers(0)
    expect(levels).toEqual(levels.map((_, n) => levelAt(n, RATE)))
  })
})

it.each([10_000, 1_000_000])('%i messages a second are at most one update a frame', (rate) =>
  expectAnUpdateAFrame((onUpdated) => show(() => h(StreamingInstrument, { rate, onUpdated }))),
)
