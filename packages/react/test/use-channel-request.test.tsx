import { turns, until } from '@shared-channel/sample/testing'
import { act, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useChannelRequest } from '../src/index.ts'
import { openCamera } from './helpers/open-camera.ts'

/** A component that calls a camera, which answers when it is told to. */
function calling(options?: { timeout?: number }) {
  const { channel, peer } = openCamera()
  const asked: number[] = []
  const answers: ((mean: number) => void)[] = []
  peer.handle('measure', ({ x }) => {
    asked.push(x)
    return new Promise((resolve) => answers.push((mean) => resolve({ mean })))
  })
  const { result, rerender, unmount } = renderHook(
    (props: { channel: typeof channel | null }) => useChannelRequest(props.channel, 'measure', options),
    { initialProps: { channel: channel as typeof channel | null } },
  )
  /** Calls, and waits until the other side has heard of it. */
  const call = async (x: number) => {
    let answer: Promise<{ mean: number }> | undefined
    act(() => {
      answer = result.current.request({ x })
    })
    await until(() => asked.includes(x))
    return { answer }
  }
  const settled = () => until(() => !result.current.isPending)
  return { channel, peer, result, rerender, unmount, call, answers, settled }
}

const unhandled: unknown[] = []
const keep = (reason: unknown) => unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', keep))
afterEach(async () => {
  await turns()
  process.off('unhandledRejection', keep)
  expect(unhandled.splice(0)).toEqual([])
})

describe('a call', () => {
  it('is open until it is answered', async () => {
    const { result, call, answers, settled } = calling()
    expect(result.current).toMatchObject({ data: undefined, error: null, isPending: false })
    const { answer } = await call(1)
    expect(result.current).toMatchObject({ data: undefined, error: null, isPending: true })
    answers[0]?.(10)
    expect(await answer).toEqual({ mean: 10 })
    await settled()
    expect(result.current).toMatchObject({ data: { mean: 10 }, error: null, isPending: false })
  })

  it('that fails keeps the last answer beside the error', async () => {
    const { channel, peer } = openCamera()
    peer.handle('measure', ({ x }) => {
      if (x < 0) throw new Error('out of the picture')
      return { mean: x }
    })
    const { result } = renderHook(() => useChannelRequest(channel, 'measure'))
    await act(() => result.current.request({ x: 1 }))
    act(() => void result.current.request({ x: -1 }))
    expect(result.current).toMatchObject({ data: { mean: 1 }, isPending: true })
    await until(() => !result.current.isPending)
    expect(result.current).toMatchObject({ data: { mean: 1 }, error: { code: 'REMOTE_ERROR' } })
  })

  it('gives way to the next one, whichever is answered first', async () => {
    const { result, call, answers, settled } = calling()
    const first = await call(1)
    await call(2)
    await expect(first.answer).rejects.toMatchObject({ code: 'CLOSED' })
    expect(result.current).toMatchObject({ error: null, isPending: true })
    answers[1]?.(20)
    answers[0]?.(10)
    await settled()
    await turns()
    expect(result.current.data).toEqual({ mean: 20 })
  })

  it('is given up when its component is unmounted', async () => {
    const { unmount, call } = calling()
    const { answer } = await call(1)
    unmount()
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('is given up when its component gets another channel', async () => {
    const { result, rerender, call, settled } = calling()
    const { answer } = await call(1)
    rerender({ channel: openCamera().channel })
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED' })
    await settled()
    expect(result.current.error).toMatchObject({ code: 'CLOSED' })
  })

  it('is given up and forgotten by `reset`', async () => {
    const { result, call, answers, settled } = calling()
    await call(1)
    answers[0]?.(10)
    await settled()
    const { answer } = await call(2)
    act(() => result.current.reset())
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED' })
    await turns()
    expect(result.current).toMatchObject({ data: undefined, error: null, isPending: false })
  })

  it('has as much time as `timeout` says', async () => {
    const { result, call, settled } = calling({ timeout: 1 })
    await call(1)
    await settled()
    expect(result.current.error).toMatchObject({ code: 'TIMEOUT' })
  })

  it('fails without a channel, and when that has closed', async () => {
    const { channel, result, rerender, settled } = calling()
    await channel.close({ discard: true })
    act(() => void result.current.request({ x: 1 }))
    await settled()
    expect(result.current.error).toMatchObject({ code: 'CLOSED' })

    rerender({ channel: null })
    act(() => result.current.reset())
    act(() => void result.current.request({ x: 1 }))
    await settled()
    expect(result.current.error).toMatchObject({ code: 'CLOSED', message: expect.stringContaining('no open channel') })
  })

  it('fails with the reason when the channel is lost', async () => {
    const { channel, result, call, settled } = calling()
    await call(1)
    await channel.close({ discard: true })
    await settled()
    expect(result.current.error).toMatchObject({ code: 'CLOSED' })
  })
})

it('is the same object with the same functions until something changes', () => {
  const { channel, result, rerender } = calling()
  const before = result.current
  rerender({ channel })
  expect(result.current).toBe(before)
})
