import type { Link } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { describe, expect, it, vi } from 'vitest'
import { computed, isReadonly, isShallow, nextTick, reactive, ref, watch } from 'vue'
import { Camera, cameraHost } from './helpers/camera.ts'
import { using } from './helpers/using.ts'

const rejected = () => Promise.reject(new Error('no camera'))

describe('a channel', () => {
  it('is opened with its component, and released once when that is unmounted', async () => {
    const { host, status, error, channel, wrapper, has } = using()
    expect([status.value, error.value, channel.value]).toEqual(['connecting', null, null])
    expect(wrapper.text()).toBe('connecting')
    await has('open')
    await nextTick()
    expect(wrapper.text()).toBe('open')
    const opened = channel.value
    expect(opened?.state).toBe('open')
    const close = vi.spyOn(opened as NonNullable<typeof opened>, 'close')

    wrapper.unmount()
    expect([status.value, channel.value]).toEqual(['closed', null])
    expect(await opened?.closed).toEqual({ unconsumed: 0 })
    expect(close).toHaveBeenCalledTimes(1)
    expect([host.signals.length, host.openLinks, host.closedLinks]).toEqual([1, 0, 1])
  })

  it('sends what its protocol sends', async () => {
    const { host, send, has } = using()
    await has('open')
    const received = new Promise((resolve) => host.peer.on('command', resolve))
    expect(send('command', { exposure: 8 })).toBe(true)
    expect(await received).toEqual({ exposure: 8 })
  })

  it('sends nothing while it is not open, and says so', () => {
    const { send } = using()
    expect(() => send('command', { exposure: 8 })).toThrow(
      expect.objectContaining({ code: 'CLOSED', message: expect.stringContaining('"connecting"') }),
    )
  })

  it('is closed by `close`, and opened by `reconnect`', async () => {
    const { host, status, channel, close, reconnect, has } = using()
    await has('open')
    await close()
    expect([status.value, channel.value, host.openLinks]).toEqual(['closed', null, 0])
    reconnect()
    await has('open')
    expect(host.signals).toHaveLength(2)
  })

  it('is closed when the other side closes', async () => {
    const { host, error, has } = using()
    await has('open')
    await host.peer.close()
    await has('closed')
    expect(error.value).toBeNull()
  })

  it('is given out as readonly shallow refs', async () => {
    const { status, error, channel, latest, has } = using()
    for (const out of [status, error, channel, latest('level')]) {
      expect(isReadonly(out)).toBe(true)
    }
    expect(isShallow(latest('level'))).toBe(true)
    await has('open')
  })

  it('can be kept in deep state: no proxy comes between it and its private fields', async () => {
    const { channel, has } = using()
    const state = reactive({ deep: ref<unknown>(null) })
    await has('open')
    state.deep = channel.value
    expect(state.deep).toBe(channel.value)
  })
})

describe('a component that is unmounted while it connects', () => {
  it('aborts, and closes a link that comes all the same', async () => {
    const host = cameraHost()
    let arrive: (link: Link) => void = () => {}
    const connect = vi.fn((_: AbortSignal) => new Promise<Link>((resolve) => (arrive = resolve)))
    const { wrapper, status } = using({ connect })
    await until(() => connect.mock.calls.length === 1)
    const signal = connect.mock.calls[0]?.[0]
    expect(signal?.aborted).toBe(false)
    wrapper.unmount()
    expect(signal?.aborted).toBe(true)
    arrive(host.open())
    await until(() => host.openLinks === 0)
    expect([host.closedLinks, status.value]).toEqual([1, 'closed'])
  })

  it('does not connect at all when that is at once', async () => {
    const { host, wrapper } = using()
    wrapper.unmount()
    await turns()
    expect(host.signals).toEqual([])
  })
})

describe('a key', () => {
  it('that is equal by value opens nothing', async () => {
    const key = ref<{ [name: string]: string | number }>({ size: 1, mode: 'a' })
    const { host, channel, has } = using({ key })
    await has('open')
    const before = channel.value
    key.value = { mode: 'a', size: 1 }
    await turns()
    expect(channel.value).toBe(before)
    expect(host.signals).toHaveLength(1)
  })

  it('that has another value opens another channel, once the one before has let go', async () => {
    const size = ref(1)
    const host = cameraHost()
    const openLinks: number[] = []
    const connect = (signal: AbortSignal) => {
      openLinks.push(host.openLinks)
      return host.connect(signal)
    }
    const { status, channel, has } = using({ key: () => ['camera', size.value], connect }, { host })
    await has('open')
    const before = channel.value
    size.value = 2
    await nextTick()
    expect([status.value, channel.value]).toEqual(['connecting', null])
    await has('open')
    expect(channel.value).not.toBe(before)
    expect(before?.isClosed).toBe(true)
    expect(openLinks).toEqual([0, 0])
  })

  it.each(['a ref', 'a computed', 'a reactive array'])('may be %s', async (kind) => {
    const part = ref(1)
    const array = reactive(['camera', 1])
    const key = kind === 'a ref' ? part : kind === 'a computed' ? computed(() => ({ part: part.value })) : array
    const { host, has } = using({ key })
    await has('open')
    part.value = array[1] = 2
    await nextTick()
    await has('open')
    expect(host.signals).toHaveLength(2)
  })

  it('that changes and comes back at once opens nothing', async () => {
    const key = ref(1)
    const { host, has } = using({ key })
    await has('open')
    key.value = 2
    key.value = 1
    await turns()
    expect(host.signals).toHaveLength(1)
  })
})

describe('an option', () => {
  it('may be a ref or a getter, also of a function, and counts as it is at the next attempt', async () => {
    const first = cameraHost()
    const second = cameraHost()
    const connect = ref(first.connect)
    const { reconnect, has } = using({
      connect: () => connect.value,
      protocol: () => Camera,
      channelOptions: ref({ closeTimeout: 10 }),
    })
    await has('open')
    connect.value = second.connect
    await turns()
    expect(second.signals).toHaveLength(0)
    reconnect()
    await has('open')
    expect([first.signals.length, second.signals.length, first.openLinks]).toEqual([1, 1, 0])
  })

  it.each([
    ['a number', 2],
    ['a ref', ref(2)],
    ['a getter', () => 2],
    ['a function of the attempt and the error', (attempt: number, error: unknown) => attempt < 2 && isNoCamera(error)],
    ['a ref of such a function', ref((attempt: number, error: unknown) => attempt < 2 && isNoCamera(error))],
    ['a getter of such a function', () => (attempt: number, error: unknown) => attempt < 2 && isNoCamera(error)],
  ])('`retry` as %s says how often it is tried again', async (_, retry) => {
    const connect = vi.fn(rejected)
    const { status, error, channel, has } = using({ connect, retry, retryDelay: () => 0 })
    expect(status.value).toBe('connecting')
    await has('error')
    expect(connect).toHaveBeenCalledTimes(3)
    expect([error.value, channel.value]).toEqual([new Error('no camera'), null])
  })

  it('`retryDelay` is a number or a function of the attempt; meanwhile the status is connecting and the error is there', async () => {
    const host = cameraHost()
    const connect = vi.fn(host.connect).mockImplementationOnce(rejected)
    const retryDelay = vi.fn(() => 1)
    const { status, error, has } = using({ connect, retry: 1, retryDelay })
    const seen: unknown[] = []
    watch([status, error], (now) => seen.push(now), { flush: 'sync' })
    await has('open')
    expect(seen.slice(0, 1)).toEqual([['connecting', new Error('no camera')]])
    expect(error.value).toBeNull()
    expect(retryDelay.mock.calls).toEqual([[0, new Error('no camera')]])
  })

  it('that is left out or undefined has the default of core', async () => {
    const { error, has } = using({
      connect: rejected,
      retry: undefined,
      retryDelay: undefined,
      throwOnError: undefined,
    })
    await has('error')
    expect(error.value).toEqual(new Error('no camera'))
  })
})

const isNoCamera = (error: unknown) => error instanceof Error && error.message === 'no camera'
