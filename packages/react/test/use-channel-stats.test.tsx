import { act, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useChannelStats } from '../src/index.ts'
import { openCamera } from './helpers/open-camera.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds))

it('shows what the channel has done, again after each interval, and renders when that has changed', async () => {
  const { channel } = openCamera()
  const look = vi.spyOn(channel, 'stats')
  let renders = 0
  const { result } = renderHook(() => {
    renders++
    return useChannelStats(channel, { interval: 100 })
  })
  expect(result.current).toMatchObject({ sentMessages: 0 })
  const before = renders

  channel.send('command', { exposure: 8 })
  await pass(99)
  expect(result.current).toMatchObject({ sentMessages: 0 })
  await pass(1)
  expect(result.current).toMatchObject({ sentMessages: 1 })
  expect(renders).toBe(before + 1)

  await pass(1000)
  expect(look).toHaveBeenCalledTimes(12)
  expect(renders).toBe(before + 1)
})

it('looks once a second by default, and no more when it is unmounted or has no channel', async () => {
  const { channel } = openCamera()
  const look = vi.spyOn(channel, 'stats')
  const { result, rerender, unmount } = renderHook(({ open }) => useChannelStats(open ? channel : null), {
    initialProps: { open: true },
    reactStrictMode: true,
  })
  const before = look.mock.calls.length
  await pass(3000)
  expect(look).toHaveBeenCalledTimes(before + 3)
  rerender({ open: false })
  expect(result.current).toBe(null)
  expect(vi.getTimerCount()).toBe(0)
  rerender({ open: true })
  expect(vi.getTimerCount()).toBe(1)
  unmount()
  expect(vi.getTimerCount()).toBe(0)
})
