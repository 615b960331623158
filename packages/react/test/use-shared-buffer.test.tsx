import type { SharedBufferReceiver } from '@shared-channel/core'
import { posting, turns, until } from '@shared-channel/sample/testing'
import { renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { useSharedBuffer } from '../src/index.ts'

describe('a buffer', () => {
  it.each([false, true])(
    'is shown until the next one comes, each released once; StrictMode: %s',
    async (reactStrictMode) => {
      const { receiver, release, post } = posting()
      const { result, unmount } = renderHook(() => useSharedBuffer(receiver), { reactStrictMode })
      expect(result.current).toBe(null)
      const first = post([1, 2], 1)
      await until(() => result.current?.additionalData === 1)
      const shown = result.current
      expect([...(shown?.bytes ?? [])]).toEqual([1, 2])
      expect(release).not.toHaveBeenCalled()

      const second = post([3, 4], 3)
      await first.released
      await until(() => result.current?.additionalData === 3)
      expect([...(result.current?.bytes ?? [])]).toEqual([3, 4])
      expect(shown?.bytes.byteLength).toBe(0)
      expect(release).toHaveBeenCalledTimes(1)

      unmount()
      await second.released
      expect(release).toHaveBeenCalledTimes(2)
    },
  )

  it('is for whoever wants it, as the last render says', async () => {
    const { receiver, post } = posting()
    const { result, rerender } = renderHook(
      ({ wanted }) => useSharedBuffer(receiver, ({ additionalData }) => additionalData === wanted),
      { initialProps: { wanted: 1 } },
    )
    post([1, 2], 1)
    await until(() => result.current?.additionalData === 1)
    rerender({ wanted: 2 })
    post([3, 4], 3)
    post([2, 3], 2)
    await until(() => result.current?.additionalData === 2)
  })

  it('of a receiver that is no more is released; of none there is none', async () => {
    const { receiver, release, post } = posting()
    const { result, rerender } = renderHook(({ from }) => useSharedBuffer(from), {
      initialProps: { from: receiver as SharedBufferReceiver | null },
    })
    const posted = post([1, 2], 1)
    await until(() => result.current !== null)
    rerender({ from: null })
    expect(result.current).toBe(null)
    await posted.released
    await turns()
    expect(release).toHaveBeenCalledOnce()
  })

  it('renders once for each buffer', async () => {
    const { receiver, post } = posting()
    const shown: unknown[] = []
    renderHook(() => shown.push(useSharedBuffer(receiver)?.additionalData))
    for (const first of [1, 2, 3]) {
      post([first, first + 1], first)
      await until(() => shown.includes(first))
    }
    expect(shown).toEqual([undefined, 1, 2, 3])
  })
})
