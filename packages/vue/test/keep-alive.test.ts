import { heldFrames, turns, until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, KeepAlive, nextTick, ref } from 'vue'
import { type SharedChannelOptions, type SharedChannelResult, sharedChannels, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { kept } from './helpers/kept.ts'

/** A component, what its setup was given, and what it has received. */
function receiver(host = cameraHost(), options: Partial<SharedChannelOptions<Camera>> = {}) {
  const received: unknown[] = []
  const render = vi.fn((level: number | undefined) => h('p', `${level}`))
  let camera: SharedChannelResult<Camera> | undefined
  const component = defineComponent(() => {
    camera = useSharedChannel({ key: 'camera', connect: host.connect, protocol: Camera, ...options })
    const level = camera.latest('level')
    camera.on('note', (note) => received.push(note))
    camera.on('level', (level) => received.push(level))
    camera.on('frame', (frame) => received.push([...frame]))
    return () => render(level.value)
  })
  return {
    host,
    received,
    render,
    component,
    get camera(): SharedChannelResult<Camera> {
      if (camera === undefined) throw new Error('it was not set up')
      return camera
    },
    isOpen: () => until(() => camera?.status.value === 'open'),
  }
}

/** The same, kept by `<KeepAlive>`. */
function keptReceiver(options: Partial<SharedChannelOptions<Camera>> = {}) {
  const own = receiver(cameraHost(), options)
  const around = kept(own.component)
  return { ...own, ...around }
}

/** What a peer sends, and what of it handlers see. */
const MIXED = ['a', 1, [7, 7], 'b', 2, [8]] as const
function sendMixed({ peer }: ReturnType<typeof cameraHost>): void {
  for (const item of MIXED) {
    if (typeof item === 'string') peer.send('note', item)
    else if (typeof item === 'number') peer.send('level', item)
    else peer.send('frame', new Uint8Array(item))
  }
}

describe('a deactivated component with a channel of its own', () => {
  it('keeps it, and takes nothing from it, so that the sender feels the back-pressure; nothing is dropped', async () => {
    const { host, received, camera, isOpen, show, wrapper } = keptReceiver()
    await isOpen()
    await show(false)
    let sent = 0
    while (host.peer.send('note', `${sent++}`.padEnd(1000))) await turns()
    await turns()
    expect(received).toEqual([])
    expect(camera.channel.value?.stats().receivedMessages).toBe(0)
    expect(sent).toBeGreaterThan(20)

    await show(true)
    await until(() => received.length === sent)
    expect(received).toEqual(Array.from({ length: sent }, (_, i) => `${i}`.padEnd(1000)))
    expect(host.signals).toHaveLength(1)
    wrapper.unmount()
  })

  it('gets what was there at the end of the channel when it is activated, in order', async () => {
    const { host, received, isOpen, camera, show, wrapper } = keptReceiver({ channelOptions: { closeTimeout: 20 } })
    await isOpen()
    await show(false)
    sendMixed(host)
    void host.peer.close()
    await until(() => camera.status.value !== 'open')
    expect(received).toEqual([])
    await show(true)
    expect(received).toEqual(MIXED)
    wrapper.unmount()
  })

  it('is opened paused when it is opened meanwhile', async () => {
    const key = ref(1)
    const { host, received, camera, isOpen, show, wrapper } = keptReceiver({ key })
    await isOpen()
    await show(false)
    key.value = 2
    await nextTick()
    await isOpen()
    host.peer.send('note', 'of 2')
    await turns()
    expect([host.signals.length, camera.channel.value?.stats().receivedMessages]).toEqual([2, 0])
    await show(true)
    await until(() => received.length === 1)
    wrapper.unmount()
  })

  it('shows the newest message when it is activated', async () => {
    const { host, render, isOpen, show, wrapper } = keptReceiver()
    await isOpen()
    host.peer.send('level', 1)
    await until(() => wrapper.text() === '1')
    await show(false)
    render.mockClear()
    for (let level = 2; level <= 100; level++) host.peer.send('level', level)
    await turns()
    expect(render).not.toHaveBeenCalled()
    await show(true)
    await until(() => wrapper.text() === '100')
    wrapper.unmount()
  })

  it('releases it when it is unmounted', async () => {
    const { host, isOpen, show, wrapper } = keptReceiver()
    await isOpen()
    await show(false)
    host.peer.send('note', 'unheard')
    wrapper.unmount()
    await until(() => host.openLinks === 0)
  })

  it('is paused although it was set up while a component around it was deactivated', async () => {
    const inner = receiver()
    const hasInner = ref(false)
    const { show, wrapper } = kept(defineComponent(() => () => (hasInner.value ? h(inner.component) : null)))
    await show(false)
    hasInner.value = true
    await nextTick()
    await inner.isOpen()
    inner.host.peer.send('note', 'a')
    await turns()
    expect(inner.received).toEqual([])
    await show(true)
    await until(() => inner.received.length === 1)
    wrapper.unmount()
  })
})

describe('a deactivated component of an app-wide channel', () => {
  /** One that is kept and one that is always shown. */
  function two() {
    const host = cameraHost()
    const aside = receiver(host)
    const shown = receiver(host)
    return { host, aside, shown, ...kept(aside.component, shown.component, [sharedChannels()]) }
  }

  it('has what comes kept for it, in order, while others go on', async () => {
    const { host, aside, shown, show, wrapper } = two()
    await aside.isOpen()
    expect(host.signals).toHaveLength(1)
    await show(false)
    sendMixed(host)
    await until(() => shown.received.length === MIXED.length)
    expect(shown.received).toEqual(MIXED)
    expect(aside.received).toEqual([])

    await show(true)
    expect(aside.received).toEqual(MIXED)
    host.peer.send('note', 'c')
    await until(() => aside.received.length === MIXED.length + 1)
    expect(shown.received).toEqual(aside.received)
    wrapper.unmount()
  })

  it('is rendered for nothing that comes meanwhile, and shows the newest when it is activated', async () => {
    const frames = heldFrames()
    const { host, aside, shown, show, wrapper } = two()
    await aside.isOpen()
    await show(false)
    aside.render.mockClear()
    for (let level = 1; level <= 100; level++) host.peer.send('level', level)
    await until(() => shown.received.length === 100)
    frames.next()
    await nextTick()
    expect(shown.render).toHaveBeenLastCalledWith(100)
    expect(aside.render).not.toHaveBeenCalled()
    await show(true)
    expect(aside.render).toHaveBeenLastCalledWith(100)
    wrapper.unmount()
  })

  it('gets all of it although a handler throws; the error is reported as the channel reports it', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { host, aside, shown, show, wrapper } = two()
    aside.camera.on('note', (note) => {
      throw new Error(note)
    })
    await aside.isOpen()
    await show(false)
    host.peer.send('note', 'a')
    host.peer.send('note', 'b')
    await until(() => shown.received.length === 2)
    expect(reported).not.toHaveBeenCalled()
    await show(true)
    expect(aside.received).toEqual(['a', 'b'])
    expect(reported.mock.calls).toEqual([[new Error('a')], [new Error('b')]])
    wrapper.unmount()
  })

  it('hears nothing any more of what it has unsubscribed from', async () => {
    const { host, aside, shown, show, wrapper } = two()
    const notes: string[] = []
    const stop = aside.camera.on('note', (note) => notes.push(note))
    await aside.isOpen()
    await show(false)
    host.peer.send('note', 'a')
    await until(() => shown.received.length === 1)
    stop()
    await show(true)
    expect(notes).toEqual([])
    wrapper.unmount()
  })
})

it('messages of a channel that the parent has wait for a child that is kept, and for it only', async () => {
  const host = cameraHost()
  const ofParent: string[] = []
  const ofChild: string[] = []
  const Child = defineComponent(
    ({ camera }: { camera: SharedChannelResult<Camera> }) => {
      camera.on('note', (note) => ofChild.push(note))
      return () => null
    },
    { props: ['camera'] },
  )
  const isShown = ref(true)
  const wrapper = mount(
    defineComponent(() => {
      const camera = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
      camera.on('note', (note) => ofParent.push(note))
      return () => h(KeepAlive, () => (isShown.value ? h(Child, { camera }) : null))
    }),
  )
  await until(() => host.peers.length === 1)
  isShown.value = false
  await nextTick()
  host.peer.send('note', 'a')
  await until(() => ofParent.length === 1)
  expect(ofChild).toEqual([])
  isShown.value = true
  await nextTick()
  expect(ofChild).toEqual(['a'])
  wrapper.unmount()
})
