import type { Link } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { act, render, renderHook, screen } from '@testing-library/react'
import { StrictMode, Suspense } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { Status, shown, using } from './helpers/using.tsx'

describe('a channel', () => {
  it('is opened when its component has come up, and released when that is unmounted', async () => {
    const { host, result, unmount, has } = using()
    expect(result.current).toMatchObject({ status: 'connecting', error: null, channel: null })
    await has('open')
    const { channel } = result.current
    expect(channel?.state).toBe('open')
    expect(host.connects).toBe(1)

    unmount()
    await channel?.closed
    expect(host.openLinks).toBe(0)
    expect(host.connects).toBe(1)
  })

  it('sends what its protocol sends', async () => {
    const { host, result, has } = using()
    await has('open')
    const received = new Promise((resolve) => host.peer.on('command', resolve))
    expect(result.current.send('command', { exposure: 8 })).toBe(true)
    expect(await received).toEqual({ exposure: 8 })
  })

  it('sends nothing while it is not open, and says so', () => {
    const { result } = using()
    expect(() => result.current.send('command', { exposure: 8 })).toThrow(
      expect.objectContaining({ code: 'CLOSED', message: expect.stringContaining('"connecting"') }),
    )
  })

  it('is closed by `close`, and opened by `reconnect`', async () => {
    const { host, result, has } = using()
    await has('open')
    await act(() => result.current.close())
    expect(result.current).toMatchObject({ status: 'closed', error: null, channel: null })
    expect(host.openLinks).toBe(0)

    result.current.reconnect()
    await has('open')
    expect(host.connects).toBe(2)
  })

  it('is closed when the other side closes', async () => {
    const { host, has } = using()
    await has('open')
    await host.peer.close()
    await has('closed')
  })

  it('is the same object with the same functions until something changes', async () => {
    const { result, rerender, has } = using()
    const connecting = result.current
    rerender({ retry: 1 })
    expect(result.current).toBe(connecting)
    await has('open')
    const open = result.current
    expect(open).not.toBe(connecting)
    expect([open.send, open.reconnect, open.close]).toEqual([connecting.send, connecting.reconnect, connecting.close])
    rerender({})
    expect(result.current).toBe(open)
  })
})

describe('a key', () => {
  it('that is equal by value opens nothing', async () => {
    const { host, result, rerender, has } = using({ key: ['camera', { size: 1, mode: 'a' }] })
    await has('open')
    const before = result.current
    rerender({ key: ['camera', { mode: 'a', size: 1 }] })
    await turns()
    expect(result.current).toBe(before)
    expect(host.connects).toBe(1)
  })

  it('that has another value opens another channel and closes the one before', async () => {
    const { host, result, rerender, has } = using({ key: ['camera', 1] })
    await has('open')
    const { channel } = result.current
    rerender({ key: ['camera', 2] })
    expect(result.current).toMatchObject({ status: 'connecting', channel: null })
    await has('open')
    expect(result.current.channel).not.toBe(channel)
    await channel?.closed
    expect([host.connects, host.openLinks]).toEqual([2, 1])
  })

  it('that comes back opens its channel again', async () => {
    const { host, rerender, unmount, has } = using({ key: 1 })
    await has('open')
    rerender({ key: 2 })
    rerender({ key: 1 })
    await has('open')
    unmount()
    await until(() => host.openLinks === 0)
  })

  it('has as many channels as components that use it, where no provider is', async () => {
    const host = cameraHost()
    render([<Status key="a" id="a" connect={host.connect} />, <Status key="b" id="b" connect={host.connect} />])
    await until(() => shown('a') === 'open' && shown('b') === 'open')
    expect(host.openLinks).toBe(2)
  })
})

describe('options', () => {
  it('that are new count at the next attempt', async () => {
    const { host, result, rerender, has } = using()
    await has('open')
    const connect = vi.fn(host.connect)
    rerender({ connect })
    await turns()
    expect(connect).not.toHaveBeenCalled()
    result.current.reconnect()
    await until(() => connect.mock.calls.length > 0)
    await has('open')
  })

  it('of the first render count at once, in StrictMode too', async () => {
    const connect = vi.fn(cameraHost().connect)
    const { has } = using({ connect }, { reactStrictMode: true })
    await has('open')
    expect(connect).toHaveBeenCalledOnce()
  })
})

describe('StrictMode', () => {
  it('connects once and releases once', async () => {
    const { host, unmount, has } = using({}, { reactStrictMode: true })
    await has('open')
    await turns()
    expect([host.connects, host.openLinks]).toEqual([1, 1])
    expect(host.signals[0]?.aborted).toBe(false)
    unmount()
    await until(() => host.openLinks === 0)
    expect(host.connects).toBe(1)
  })
})

describe('Suspense', () => {
  it('opens nothing for a component that is suspended before it came up', async () => {
    const host = cameraHost()
    let isReady = false
    let resume = () => {}
    const ready = new Promise<void>((resolve) => {
      resume = resolve
    })
    render(
      <StrictMode>
        <Suspense fallback="waiting">
          <Status connect={host.connect} suspend={() => !isReady && ready} />
        </Suspense>
      </StrictMode>,
    )
    await turns()
    expect(screen.queryByText('waiting')).not.toBe(null)
    expect(host.connects).toBe(0)

    isReady = true
    resume()
    await until(() => shown() === 'open')
    expect(host.connects).toBe(1)
  })
})

describe('unmounting while it connects', () => {
  it('aborts, and closes a link that comes all the same', async () => {
    const host = cameraHost()
    let give: (link: Link) => void = () => {}
    const link = new Promise<Link>((resolve) => {
      give = resolve
    })
    const connect = vi.fn((_: AbortSignal) => link)
    const { unmount } = using({ connect })
    await until(() => connect.mock.calls.length === 1)
    unmount()
    expect(connect.mock.calls[0]?.[0].aborted).toBe(true)

    give(host.open())
    await until(() => host.openLinks === 0)
    expect(connect).toHaveBeenCalledOnce()
  })

  it('before it has begun to, connects nothing', async () => {
    const { host, unmount } = using()
    unmount()
    await turns()
    expect(host.connects).toBe(0)
  })

  it('a hundred times leaves nothing behind', async () => {
    const host = cameraHost()
    for (let i = 0; i < 100; i++) {
      const { unmount } = render(<Status connect={host.connect} />)
      if (i % 2 === 0) await until(() => host.openLinks > 0)
      unmount()
      await until(() => host.openLinks === 0)
    }
    await turns()
    expect(host.openLinks).toBe(0)
  })
})

it('renders as often as the status changes, and no more', async () => {
  const host = cameraHost()
  const statuses: string[] = []
  renderHook(() => {
    statuses.push(useSharedChannel({ key: 'camera', connect: host.connect, protocol: Camera }).status)
  })
  await until(() => statuses.includes('open'))
  for (let count = 0; count < 100; count++) host.peer.send('level', count)
  await turns()
  expect(statuses).toEqual(['connecting', 'open'])
})
