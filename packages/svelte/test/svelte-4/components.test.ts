// The package in Svelte 4, which has no runes: everything is by its stores.

import { turns, until } from '@shared-channel/sample/testing'
import { tick } from 'svelte'
import { VERSION } from 'svelte/compiler'
import { get } from 'svelte/store'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sharedChannel } from '../../src/index.ts'
import Legacy from '../components/Legacy.svelte'
import LegacyStore from '../components/LegacyStore.svelte'
import SharedLegacy from '../components/SharedLegacy.svelte'
import { Camera, cameraHost } from '../helpers/camera.ts'

/** A component as Svelte 4 compiles it. */
type Component = new (options: { target: Element; props: object }) => { $destroy(): void; $set(props: object): void }

const mount = (component: unknown, props: object) => new (component as Component)({ target: document.body, props })
const statuses = () => [...document.querySelectorAll('[data-testid=status]')].map(({ textContent }) => textContent)
const level = () => document.querySelector('[data-testid=level]')?.textContent
const click = (text: string) =>
  [...document.querySelectorAll('button')].find(({ textContent }) => textContent === text)?.click()
const isOpen = () => until(() => statuses().join() === 'open')

beforeEach(() => vi.unstubAllGlobals())
afterEach(() => document.body.replaceChildren())

it('is Svelte 4', () => {
  expect(VERSION).toMatch(/^4\./)
})

describe.each([
  ['a reactive statement', Legacy],
  ['a store of options', LegacyStore],
])('a component with %s', (_, component) => {
  it('opens a channel when it is mounted, another one for another key, and releases both', async () => {
    const cameras = cameraHost()
    const levels: number[] = []
    const mounted = mount(component, { connect: cameras.connect, onlevel: (level: number) => levels.push(level) })
    expect(statuses()).toEqual(['connecting'])
    await isOpen()
    click('grow')
    await until(() => cameras.peers.length === 2 && cameras.openLinks === 1)
    await isOpen()

    const got: number[] = []
    cameras.peer.on('command', ({ exposure }) => got.push(exposure))
    click('expose')
    await until(() => got.length === 1)
    expect(got).toEqual([128])
    cameras.peer.send('level', 7)
    await until(() => level() === '7')
    expect(levels).toEqual([7])

    mounted.$destroy()
    await until(() => cameras.openLinks === 0)
    await turns()
    expect(cameras.closedLinks).toBe(2)
  })

  it('connects to nothing when it is unmounted at once', async () => {
    const cameras = cameraHost()
    mount(component, { connect: cameras.connect }).$destroy()
    await turns()
    expect(cameras.signals).toEqual([])
  })

  it('hears of all that was sent before it subscribed', async () => {
    const cameras = cameraHost()
    const connect = (signal: AbortSignal) => {
      const link = cameras.connect(signal)
      for (let level = 0; level < 100; level++) cameras.peer.send('level', level)
      return link
    }
    const levels: number[] = []
    const mounted = mount(component, { connect, onlevel: (level: number) => levels.push(level) })
    await until(() => levels.length === 100)
    mounted.$destroy()
  })

  it('is updated once a frame, not ten thousand times', async () => {
    const frames: FrameRequestCallback[] = []
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback))
    const cameras = cameraHost()
    let updates = 0
    let got = 0
    const props = { connect: cameras.connect, onupdate: () => updates++, onlevel: () => got++ }
    const mounted = mount(component, props)
    await isOpen()
    const before = updates
    for (let i = 1; i <= 10_000; i++) if (!cameras.peer.send('level', i)) await cameras.peer.ready
    await until(() => got === 10_000)
    for (const callback of frames.splice(0)) callback(0)
    await tick()
    expect(level()).toBe('10000')
    expect(updates - before).toBe(1)
    mounted.$destroy()
  })
})

it('components inside of one that shares channels have one by key', async () => {
  const cameras = cameraHost()
  const mounted = mount(SharedLegacy, { connect: cameras.connect })
  await until(() => statuses().join() === 'open,open')
  expect(cameras.peers).toHaveLength(1)
  mounted.$destroy()
  await until(() => cameras.closedLinks === 1)
})

it('a function of options is read once', async () => {
  const cameras = cameraHost()
  const read = vi.fn(() => ({ key: 'camera', connect: cameras.connect, protocol: Camera }))
  const camera = sharedChannel(read)
  const leave = camera.subscribe(() => {})
  await until(() => get(camera).status === 'open')
  expect(read).toHaveBeenCalledOnce()
  leave()
  await until(() => cameras.openLinks === 0)
})
