import { heldFrames, until } from '@shared-channel/sample/testing'
import { act, renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { useLatestMessage } from '../src/index.ts'
import { FakeSource } from './helpers/fake-source.ts'
import { openCamera } from './helpers/open-camera.ts'

const FRAMES = 60
const MESSAGES = 10_000

describe('the latest message', () => {
  it('of ten thousand a second is rendered once a frame', async () => {
    const frames = heldFrames(act)
    const { channel, peer } = openCamera()
    let renders = 0
    const { result } = renderHook(() => {
      renders++
      return useLatestMessage(channel, 'level')
    })
    expect(result.current).toBe(undefined)

    let sent = 0
    for (let frame = 1; frame <= FRAMES; frame++) {
      while (sent < (MESSAGES * frame) / FRAMES) if (!peer.send('level', ++sent)) await peer.ready
      await until(() => channel.stats().receivedMessages === sent)
      expect(renders).toBe(frame) // nothing before the frame
      frames.next()
      expect(result.current).toBe(sent)
    }
    expect(sent).toBe(MESSAGES)
    expect(renders).toBe(1 + FRAMES)
  })

  it('is rendered in no frame in which nothing came, nor when it is the same', async () => {
    const frames = heldFrames(act)
    const source = new FakeSource()
    let renders = 0
    renderHook(() => {
      renders++
      return useLatestMessage(source, 'level')
    })
    source.emit(7)
    frames.next()
    frames.next()
    source.emit(7)
    frames.next()
    expect(renders).toBe(2)
  })

  it('of several types or channels is rendered once a frame', () => {
    const frames = heldFrames(act)
    const [a, b] = [new FakeSource(), new FakeSource()]
    let renders = 0
    const { result } = renderHook(() => {
      renders++
      return [useLatestMessage(a, 'level'), useLatestMessage(b, 'level')]
    })
    a.emit(1)
    b.emit(2)
    frames.next()
    expect(result.current).toEqual([1, 2])
    expect(renders).toBe(2)
  })

  it('comes in StrictMode, too', () => {
    const frames = heldFrames(act)
    const source = new FakeSource()
    const { result } = renderHook(() => useLatestMessage(source, 'level'), { reactStrictMode: true })
    source.emit(1)
    frames.next()
    expect(result.current).toBe(1)
    expect(source.handlers.size).toBe(1)
  })

  it('begins anew with another channel, and is nothing of none', () => {
    const frames = heldFrames(act)
    const [a, b] = [new FakeSource(), new FakeSource()]
    const { result, rerender, unmount } = renderHook(({ channel }) => useLatestMessage(channel, 'level'), {
      initialProps: { channel: null as FakeSource | null },
    })
    expect(result.current).toBe(undefined)
    rerender({ channel: a })
    a.emit(1)
    frames.next()
    expect(result.current).toBe(1)

    a.emit(2)
    rerender({ channel: b })
    frames.next() // that of a's last message was called off
    expect(result.current).toBe(undefined)
    expect(a.handlers.size).toBe(0)

    unmount()
    expect(b.handlers.size).toBe(0)
  })

  it('of a channel that has closed stays', async () => {
    const frames = heldFrames(act)
    const { channel, peer } = openCamera()
    const { result } = renderHook(() => useLatestMessage(channel, 'level'))
    peer.send('level', 1)
    await until(() => channel.stats().receivedMessages === 1)
    frames.next()
    await act(() => channel.close({ discard: true }))
    expect(result.current).toBe(1)
  })
})
