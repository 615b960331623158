// The store in components: with runes, and in the syntax of Svelte 4. All of them do the same.
import { turns, until } from '@shared-channel/sample/testing'
import { fireEvent, render, screen } from '@testing-library/svelte'
import { type Component, tick } from 'svelte'
import { describe, expect, it, vi } from 'vitest'
import Derived from './components/Derived.svelte'
import Getter from './components/Getter.svelte'
import Legacy from './components/Legacy.svelte'
import LegacyStore from './components/LegacyStore.svelte'
import { type CameraProps, cameraHost } from './helpers/camera.ts'

const COMPONENTS: [string, Component<CameraProps>][] = [
  ['a function of state', Getter],
  ['a derived store', Derived],
  ['a reactive statement', Legacy],
  ['a store of options', LegacyStore],
]
const shown = (id: string) => screen.getByTestId(id).textContent
const isOpen = () => until(() => shown('status') === 'open')

describe.each(COMPONENTS)('a component with %s', (_, component) => {
  it('opens a channel when it is mounted, and releases it when it is unmounted', async () => {
    const cameras = cameraHost()
    const { unmount } = render(component, { connect: cameras.connect })
    expect(shown('status')).toBe('connecting')
    await isOpen()
    unmount()
    await until(() => cameras.closedLinks === 1)
    await turns()
    expect([cameras.peers.length, cameras.closedLinks]).toEqual([1, 1])
  })

  it('connects to nothing when it is unmounted at once', async () => {
    const cameras = cameraHost()
    render(component, { connect: cameras.connect }).unmount()
    await turns()
    expect(cameras.signals).toEqual([])
  })

  it('lets go of what comes after it was unmounted', async () => {
    const cameras = cameraHost()
    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const connect = vi.fn((signal: AbortSignal) => asked.then(() => cameras.connect(signal)))
    const { unmount } = render(component, { connect })
    await until(() => connect.mock.calls.length > 0)
    unmount()
    expect(connect.mock.calls[0]?.[0].aborted).toBe(true)
    answer()
    await until(() => cameras.closedLinks === 1)
  })

  it('is mounted and unmounted a hundred times, and holds nothing', async () => {
    const cameras = cameraHost()
    for (let round = 0; round < 100; round++) {
      const { unmount } = render(component, { connect: cameras.connect })
      await isOpen()
      unmount()
    }
    await until(() => cameras.openLinks === 0)
    expect(cameras.closedLinks).toBe(100)
  })

  it('opens another channel for another key', async () => {
    const cameras = cameraHost()
    const { unmount } = render(component, { connect: cameras.connect })
    await isOpen()
    await fireEvent.click(screen.getByText('grow'))
    await until(() => cameras.peers.length === 2 && cameras.openLinks === 1)
    await isOpen()

    const got: number[] = []
    cameras.peer.on('command', ({ exposure }) => got.push(exposure))
    await fireEvent.click(screen.getByText('expose'))
    await until(() => got.length === 1)
    expect(got).toEqual([128])
    cameras.peer.send('level', 7)
    await until(() => shown('level') === '7')

    unmount()
    await until(() => cameras.openLinks === 0)
    expect(cameras.peers).toHaveLength(2)
  })

  it('hears of all that was sent before it subscribed', async () => {
    const cameras = cameraHost()
    const connect = (signal: AbortSignal) => {
      const link = cameras.connect(signal)
      for (let level = 0; level < 100; level++) cameras.peer.send('level', level)
      return link
    }
    const levels: number[] = []
    render(component, { connect, onlevel: (level: number) => levels.push(level) })
    await until(() => levels.length === 100)
    expect(levels).toEqual(Array.from({ length: 100 }, (_, index) => index))
  })

  it('is updated once a frame, not ten thousand times', async () => {
    const frames: FrameRequestCallback[] = []
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback))
    const cameras = cameraHost()
    let updates = 0
    let got = 0
    render(component, { connect: cameras.connect, onupdate: () => updates++, onlevel: () => got++ })
    await isOpen()
    const before = updates
    for (let round = 1; round <= 3; round++) {
      for (let i = 1; i <= 10_000; i++) if (!cameras.peer.send('level', i * round)) await cameras.peer.ready
      await until(() => got === 10_000 * round)
      for (const callback of frames.splice(0)) callback(0)
      await tick()
      expect(shown('level')).toBe(String(10_000 * round))
      expect(updates - before).toBe(round)
    }
  })
})
