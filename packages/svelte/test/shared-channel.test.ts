// The store, by itself.
import { type Link, SharedChannelError } from '@shared-channel/core'
import { type FakeHost, turns, until } from '@shared-channel/sample/testing'
import { get, writable } from 'svelte/store'
import { describe, expect, it, vi } from 'vitest'
import {
  type SharedChannelOptions,
  type SharedChannelStore,
  type SharedChannelValue,
  sharedChannel,
} from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

const isOpen = (store: SharedChannelStore<Camera>) => until(() => get(store).status === 'open')

/** A store of one camera, and how it is called. */
function setUp(options: Partial<SharedChannelOptions<Camera>> = {}) {
  const cameras = cameraHost()
  const camera = sharedChannel({ key: 'camera', connect: cameras.connect, protocol: Camera, ...options })
  return { cameras, camera }
}

/** Subscribes, and keeps what came. */
function watch(store: SharedChannelStore<Camera>) {
  const values: SharedChannelValue<Camera>[] = []
  const leave = store.subscribe((value) => values.push(value))
  return { values, leave, statuses: () => values.map(({ status }) => status) }
}

describe('a store of a channel', () => {
  it('opens for the first subscriber and releases after the last, once', async () => {
    const { cameras, camera } = setUp()
    await turns()
    expect(cameras.peers).toHaveLength(0)

    const first = watch(camera)
    const second = watch(camera)
    await isOpen(camera)
    expect(first.statuses()).toEqual(['connecting', 'open'])
    expect(second.statuses()).toEqual(['connecting', 'open'])
    first.leave()
    first.leave()
    await turns()
    expect(cameras.peer.state).toBe('open')

    second.leave()
    await cameras.peer.closed
    await turns()
    expect(cameras.peers).toHaveLength(1)
    expect(cameras.closedLinks).toBe(1)
    expect(get(camera).status).toBe('connecting')
  })

  it('opens again for whoever comes later', async () => {
    const { cameras, camera } = setUp()
    for (let round = 1; round <= 3; round++) {
      const { leave } = watch(camera)
      await isOpen(camera)
      expect(cameras.peers).toHaveLength(round)
      leave()
    }
    await until(() => cameras.openLinks === 0)
  })

  it('connects to nothing for whoever only looks', async () => {
    const { cameras, camera } = setUp()
    expect(get(camera)).toMatchObject({ status: 'connecting', error: null, channel: null })
    expect(get(camera.latest('level'))).toBe(undefined)
    await turns()
    expect(cameras.signals).toEqual([])
  })

  it('lets go of a link that comes when everyone has left', async () => {
    const cameras = cameraHost()
    let answer = (_link: Link) => {}
    const connect = vi.fn(
      (_signal: AbortSignal) =>
        new Promise<Link>((resolve) => {
          answer = resolve
        }),
    )
    const { camera } = setUp({ connect })
    const { leave } = watch(camera)
    await until(() => connect.mock.calls.length > 0)
    leave()
    const signal = connect.mock.calls[0]?.[0] as AbortSignal
    expect(signal.aborted).toBe(true)
    answer(cameras.open())
    await until(() => cameras.closedLinks === 1)
    await cameras.peer.closed
  })

  it('sends, by the value and by the store', async () => {
    const { cameras, camera } = setUp()
    expect(() => camera.send('command', { exposure: 1 })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    const { leave } = watch(camera)
    expect(() => camera.send('command', { exposure: 1 })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await isOpen(camera)
    const got: number[] = []
    cameras.peer.on('command', ({ exposure }) => got.push(exposure))
    expect(camera.send('command', { exposure: 8 })).toBe(true)
    expect(get(camera).send('command', { exposure: 9 })).toBe(true)
    await until(() => got.length === 2)
    expect(got).toEqual([8, 9])
    leave()
  })

  it('closes and connects anew when it is told to', async () => {
    const { cameras, camera } = setUp()
    const { statuses, leave } = watch(camera)
    await isOpen(camera)
    await camera.close()
    expect(get(camera)).toMatchObject({ status: 'closed', channel: null })
    expect(cameras.closedLinks).toBe(1)
    camera.reconnect()
    await isOpen(camera)
    expect(statuses()).toEqual(['connecting', 'open', 'closed', 'connecting', 'open'])
    leave()
  })

  it('says so when the other side has closed', async () => {
    const { cameras, camera } = setUp()
    const { values, statuses, leave } = watch(camera)
    await isOpen(camera)
    await cameras.peer.close()
    await until(() => values.length === 3)
    expect(statuses()).toEqual(['connecting', 'open', 'closed'])
    leave()
    await until(() => cameras.closedLinks === 1)
  })

  it('shows the error after the attempts that it is allowed', async () => {
    const failure = new SharedChannelError('INVALID_ARGUMENT', 'There is no such camera.')
    const connect = vi.fn(() => Promise.reject(failure))
    const { camera } = setUp({ connect, retry: 2, retryDelay: 0 })
    const { values, leave } = watch(camera)
    await until(() => values.at(-1)?.status === 'error')
    expect(connect).toHaveBeenCalledTimes(3)
    expect(values.map(({ status, error }) => [status, error])).toEqual([
      ['connecting', null],
      ['connecting', failure],
      ['connecting', failure],
      ['error', failure],
    ])
    leave()
  })
})

describe('options in a store', () => {
  const optionsOf = (cameras: FakeHost<Camera>, key: SharedChannelOptions<Camera>['key']) => ({
    key,
    connect: cameras.connect,
    protocol: Camera,
  })

  it('open another channel when the key has another value', async () => {
    const cameras = cameraHost()
    const options = writable(optionsOf(cameras, ['camera', { size: 1, side: 0 }]))
    const camera = sharedChannel(options)
    const { statuses, leave } = watch(camera)
    await isOpen(camera)

    options.set(optionsOf(cameras, ['camera', { side: 0, size: 1 }]))
    await turns()
    expect(statuses()).toEqual(['connecting', 'open'])

    options.set(optionsOf(cameras, ['camera', { side: 0, size: 2 }]))
    await isOpen(camera)
    expect(statuses()).toEqual(['connecting', 'open', 'connecting', 'open'])
    await until(() => cameras.openLinks === 1)
    expect(cameras.peers).toHaveLength(2)
    leave()
    await until(() => cameras.openLinks === 0)
  })

  it('count at the next attempt when only others than the key have changed', async () => {
    const cameras = cameraHost()
    const other = cameraHost()
    const options = writable(optionsOf(cameras, 'camera'))
    const camera = sharedChannel(options)
    const { leave } = watch(camera)
    await isOpen(camera)
    options.set(optionsOf(other, 'camera'))
    camera.reconnect()
    await isOpen(camera)
    expect([cameras.peers.length, other.peers.length]).toEqual([1, 1])
    leave()
  })

  it('are not followed while nobody is subscribed', async () => {
    const cameras = cameraHost()
    const options = writable(optionsOf(cameras, 1))
    const camera = sharedChannel(options)
    watch(camera).leave()
    options.set(optionsOf(cameras, 2))
    await turns()
    expect(cameras.peers).toEqual([])
    const { leave } = watch(camera)
    await isOpen(camera)
    expect(cameras.peers).toHaveLength(1)
    leave()
  })
})

describe('messages', () => {
  it('are handed to each handler, in order, without an update of the store', async () => {
    const { cameras, camera } = setUp()
    const { values, leave } = watch(camera)
    const got: number[] = []
    const stop = camera.on('level', (level) => got.push(level))
    await isOpen(camera)
    for (let level = 0; level < 10_000; level++) if (!cameras.peer.send('level', level)) await cameras.peer.ready
    await until(() => got.length === 10_000)
    expect(got).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
    expect(values).toHaveLength(2)
    stop()
    leave()
  })

  it('keep the channel open as long as a handler wants them', async () => {
    const { cameras, camera } = setUp()
    const got: number[] = []
    const stop = camera.on('level', (level) => got.push(level))
    await until(() => cameras.peers.length === 1)
    cameras.peer.send('level', 1)
    await until(() => got.length === 1)
    stop()
    stop()
    await until(() => cameras.closedLinks === 1)
  })

  it('are not lost on whoever subscribes because the channel is open', async () => {
    const cameras = cameraHost()
    const { camera } = setUp({
      connect: (signal) => {
        const link = cameras.connect(signal)
        for (let level = 0; level < 100; level++) cameras.peer.send('level', level)
        return link
      },
    })
    const leaveFrames = camera.on('frame', () => {}) // messages are taken for this one
    const got: number[] = []
    let leaveLevels = () => {}
    const leave = camera.subscribe(({ channel }) => {
      // As a component does that is rendered next.
      if (channel !== null)
        void Promise.resolve().then(() => {
          leaveLevels = camera.on('level', (level) => got.push(level))
        })
    })
    await until(() => got.length === 100)
    expect(got[0]).toBe(0)
    for (const end of [leaveFrames, leaveLevels, leave]) end()
    await until(() => cameras.openLinks === 0)
  })

  it('come to the handlers of a channel that is opened again, too', async () => {
    const { cameras, camera } = setUp()
    const got: number[] = []
    const stop = camera.on('level', (level) => got.push(level))
    for (let round = 1; round <= 3; round++) {
      await until(() => cameras.peers.length === round)
      cameras.peer.send('level', round)
      await until(() => got.length === round)
      camera.reconnect()
    }
    expect(got).toEqual([1, 2, 3])
    stop()
  })

  it('of a name that the protocol does not receive are refused at once', () => {
    const { camera } = setUp()
    const wrong = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: 'The protocol receives no message "picture"; it receives "frame", "level".',
    })
    expect(() => camera.on('picture' as 'frame', () => {})).toThrow(wrong)
    expect(() => camera.latest('picture' as 'frame')).toThrow(wrong)
  })

  it('are not taken from a channel that its user has closed', async () => {
    const { camera } = setUp()
    const { leave } = watch(camera)
    await isOpen(camera)
    const closed = get(camera).channel?.close()
    const stop = camera.on('level', () => {})
    await closed
    stop()
    leave()
  })
})

describe('the latest message', () => {
  it('is updated once a frame at most, however many come', async () => {
    const { cameras, camera } = setUp()
    const frames: FrameRequestCallback[] = []
    vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback))
    let taken = 0
    const stop = camera.on('level', () => taken++)
    const levels: (number | undefined)[] = []
    const leave = camera.latest('level').subscribe((level) => levels.push(level))
    await until(() => cameras.peers.length === 1)
    for (let round = 1; round <= 3; round++) {
      for (let i = 1; i <= 10_000; i++) if (!cameras.peer.send('level', i * round)) await cameras.peer.ready
      await until(() => taken === 10_000 * round)
      for (const callback of frames.splice(0)) callback(0)
    }
    expect(levels).toEqual([undefined, 10_000, 20_000, 30_000])
    stop()
    leave()
  })

  it('follows the channel when it is opened again, and starts from nothing', async () => {
    const { cameras, camera } = setUp()
    const levels: (number | undefined)[] = []
    const leave = camera.latest('level').subscribe((level) => levels.push(level))
    await until(() => cameras.peers.length === 1)
    cameras.peer.send('level', 1)
    await until(() => levels.at(-1) === 1)
    camera.reconnect()
    await until(() => cameras.peers.length === 2)
    expect(levels.at(-1)).toBe(undefined)
    cameras.peer.send('level', 2)
    await until(() => levels.at(-1) === 2)
    leave()
    await until(() => cameras.openLinks === 0)
  })
})

describe('throwOnError', () => {
  const failure = new SharedChannelError('INVALID_ARGUMENT', 'There is no such camera.')
  const connect = () => Promise.reject(failure)

  it('throws what happened at whoever reads the status, the error or the channel', async () => {
    const { camera } = setUp({ connect, throwOnError: true })
    const { values, leave } = watch(camera)
    await until(() => values.length === 2)
    const value = values[1] as SharedChannelValue<Camera>
    expect(() => value.status).toThrow(failure)
    expect(() => value.error).toThrow(failure)
    expect(() => value.channel).toThrow(failure)
    expect(value.reconnect).toBe(camera.reconnect)
    leave()
  })

  it('may depend on the error', async () => {
    const throwOnError = vi.fn(() => false)
    const { camera } = setUp({ connect, throwOnError })
    const { values, leave } = watch(camera)
    await until(() => values.length === 2)
    expect(values[1]?.error).toBe(failure)
    expect(throwOnError).toHaveBeenCalledWith(failure)
    leave()
  })
})
