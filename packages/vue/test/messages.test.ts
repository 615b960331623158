// `on` and `latest`: what comes in, without an update per message.

import { heldFrames, turns, until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, effectScope, h, nextTick, onMounted, ref } from 'vue'
import { type SharedChannelResult, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { using } from './helpers/using.ts'

describe('on', () => {
  it('is called with each message, also of what came before it subscribed', async () => {
    const { host, on, has } = using()
    await has('open')
    for (let i = 0; i < 3; i++) host.peer.send('note', `${i}`)
    await turns()
    const notes: string[] = []
    on('note', (note) => notes.push(note))
    await until(() => notes.length === 3)
    expect(notes).toEqual(['0', '1', '2'])
  })

  it('may be asked for before the channel is open', async () => {
    const { host, on, has } = using()
    const notes: string[] = []
    on('note', (note) => notes.push(note))
    await has('open')
    host.peer.send('note', 'a')
    await until(() => notes.length === 1)
  })

  it('stops when it is told to, also twice', async () => {
    const { host, on, has } = using()
    const notes: string[] = []
    const stop = on('note', (note) => notes.push(note))
    on('level', () => notes.push('level'))
    await has('open')
    host.peer.send('note', 'a')
    await until(() => notes.length === 1)
    stop()
    stop()
    host.peer.send('note', 'b')
    host.peer.send('level', 1)
    await until(() => notes.length === 2)
    expect(notes).toEqual(['a', 'level'])
  })

  it('follows the channel when it is opened again, and hears what the one before still had to say', async () => {
    const { host, on, reconnect, has } = using()
    const notes: string[] = []
    on('note', (note) => notes.push(note))
    await has('open')
    host.peer.send('note', 'last words')
    reconnect()
    await has('open')
    host.peer.send('note', 'first words')
    await until(() => notes.length === 2)
    expect(notes).toEqual(['last words', 'first words'])
  })

  it('hears nothing of another key once that was left', async () => {
    const key = ref(1)
    const { host, on, has } = using({ key })
    const notes: string[] = []
    on('note', (note) => notes.push(note))
    await has('open')
    host.peer.send('note', 'of 1')
    key.value = 2
    await nextTick()
    await has('open')
    host.peer.send('note', 'of 2')
    await until(() => notes.length > 0)
    expect(notes).toEqual(['of 2'])
  })

  it('ends with the scope that it is called in', async () => {
    const { host, on, has } = using()
    const notes: string[] = []
    const scope = effectScope()
    scope.run(() => on('note', (note) => notes.push(note)))
    on('level', (level) => notes.push(`${level}`))
    await has('open')
    scope.stop()
    host.peer.send('note', 'late')
    host.peer.send('level', 1)
    await until(() => notes.length === 1)
    expect(notes).toEqual(['1'])
  })

  it('ends with its component, whose child and sibling may have asked for it', async () => {
    const { host, wrapper, on, channel, has } = using()
    const notes: string[] = []
    effectScope(true).run(() => on('note', (note) => notes.push(note)))
    await has('open')
    const closed = channel.value?.closed
    host.peer.send('note', 'late')
    wrapper.unmount()
    await closed
    expect(notes).toEqual([])
  })

  it('loses nothing of what comes before a child that is shown with the open channel subscribes', async () => {
    const host = cameraHost()
    const notes: unknown[] = []
    const Child = defineComponent(
      (props: { camera: SharedChannelResult<Camera> }) => {
        onMounted(() => props.camera.on('note', (note) => notes.push(note)))
        return () => null
      },
      { props: ['camera'] },
    )
    const Parent = defineComponent(() => {
      const camera = useSharedChannel({
        key: 1,
        connect: async (signal) => {
          const link = await host.connect(signal)
          for (let i = 0; i < 100; i++) host.peer.send('note', `${i}`)
          return link
        },
        protocol: Camera,
      })
      camera.on('level', () => {})
      return () => (camera.status.value === 'open' ? h(Child, { camera }) : null)
    })
    const wrapper = mount(Parent)
    await until(() => notes.length === 100)
    expect(notes).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
    wrapper.unmount()
  })

  it('refuses what the protocol does not receive, when it is asked for', async () => {
    const { on, latest, has } = using()
    const wrong = 'command' as 'note'
    const error = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: 'The protocol receives no message "command"; it receives "frame", "level", "note".',
    })
    expect(() => on(wrong, () => {})).toThrow(error)
    expect(() => latest(wrong)).toThrow(error)
    await has('open')
  })

  it('tells the channel of what a handler throws', async () => {
    const { host, on, channel, has } = using()
    on('note', () => {
      throw new Error('my mistake')
    })
    await has('open')
    const error = new Promise((resolve) => channel.value?.onError(resolve))
    host.peer.send('note', 'a')
    expect(await error).toEqual(new Error('my mistake'))
  })
})

describe('latest', () => {
  it('is the newest message, updated once a frame: 10,000 messages are one update', async () => {
    const frames = heldFrames()
    const host = cameraHost()
    const render = vi.fn((level: number | undefined) => h('p', `${level}`))
    let received = 0
    const wrapper = mount(
      defineComponent(() => {
        const { latest, on } = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
        const level = latest('level')
        on('level', () => received++)
        return () => render(level.value)
      }),
    )
    await until(() => host.peers.length === 1)
    for (let i = 1; i <= 10_000; i++) host.peer.send('level', i)
    await until(() => received === 10_000)
    expect(render.mock.calls).toEqual([[undefined]])

    frames.next()
    await nextTick()
    expect(render.mock.calls).toEqual([[undefined], [10_000]])
    expect(wrapper.text()).toBe('10000')

    host.peer.send('level', 1)
    await until(() => received === 10_001)
    expect(render).toHaveBeenCalledTimes(2)
    frames.next()
    await nextTick()
    expect(render).toHaveBeenLastCalledWith(1)
    wrapper.unmount()
  })

  it('may be asked for before the channel is open, and begins anew with each channel', async () => {
    const { host, latest, reconnect, has } = using()
    const level = latest('level')
    expect(level.value).toBeUndefined()
    await has('open')
    host.peer.send('level', 1)
    await until(() => level.value === 1)
    reconnect()
    await has('open')
    expect(level.value).toBeUndefined()
    host.peer.send('level', 2)
    await until(() => level.value === 2)
  })

  it('is forgotten with the channel, whose memory nobody holds once it is closed', async () => {
    const { host, latest, close, has } = using()
    const level = latest('level')
    await has('open')
    host.peer.send('level', 1)
    await until(() => level.value === 1)
    await close()
    expect(level.value).toBeUndefined()
  })

  it('is forgotten with the key', async () => {
    const key = ref(1)
    const { host, latest, has } = using({ key })
    const level = latest('level')
    await has('open')
    host.peer.send('level', 1)
    await until(() => level.value === 1)
    key.value = 2
    await nextTick()
    expect(level.value).toBeUndefined()
    await has('open')
  })

  it('is a copy of a view', async () => {
    const { host, latest, has } = using()
    const frame = latest('frame')
    await has('open')
    host.peer.send('frame', new Uint8Array([1, 2, 3]))
    await until(() => frame.value !== undefined)
    expect(frame.value?.buffer.byteLength).toBe(3)
  })

  it('is no consumer any more once its scope has ended', async () => {
    const { host, latest, channel, has } = using()
    const scope = effectScope()
    scope.run(() => latest('level'))
    await has('open')
    scope.stop()
    host.peer.send('level', 1)
    await turns()
    expect(channel.value?.stats().receivedMessages).toBe(0)
  })
})
