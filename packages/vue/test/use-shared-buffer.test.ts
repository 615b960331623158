import type { BufferSource, SharedBufferReceiver } from '@shared-channel/core'
import { posting, until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { defineComponent, h, isReadonly, nextTick, reactive, ref, shallowRef } from 'vue'
import { useSharedBuffer } from '../src/index.ts'

/** A component that shows a buffer's bytes. */
function showing(...args: Parameters<typeof useSharedBuffer>) {
  let buffer: ReturnType<typeof useSharedBuffer> | undefined
  const use = () => {
    buffer = useSharedBuffer(...args)
    return buffer
  }
  const wrapper = mount(
    defineComponent(() => {
      const buffer = use()
      return () => h('p', buffer.value?.bytes.join())
    }),
  )
  if (buffer === undefined) throw new Error('it was not set up')
  return { buffer, wrapper }
}

it('a buffer is shown until the next one comes, and each released once', async () => {
  const { receiver, release, post } = posting()
  const { buffer, wrapper } = showing(receiver)
  expect([buffer.value, isReadonly(buffer)]).toEqual([null, true])
  const first = post([1, 2], 1)
  await until(() => wrapper.text() === '1,2')
  expect(buffer.value?.additionalData).toBe(1)
  const shown = buffer.value
  expect(release).not.toHaveBeenCalled()

  const second = post([3, 4], 3)
  await first.released
  await until(() => wrapper.text() === '3,4')
  expect(shown?.bytes.byteLength).toBe(0)
  expect(release).toHaveBeenCalledTimes(1)

  wrapper.unmount()
  await second.released
  expect(release).toHaveBeenCalledTimes(2)
  expect(buffer.value).toBeNull()
})

it('is for whoever wants it, as that is when it comes', async () => {
  const { receiver, post } = posting()
  const wanted = ref(1)
  const { buffer } = showing(receiver, ({ additionalData }) => additionalData === wanted.value)
  post([1, 2], 1)
  await until(() => buffer.value?.additionalData === 1)
  wanted.value = 2
  post([3, 4], 3)
  post([2, 3], 2)
  await until(() => buffer.value !== null && buffer.value.additionalData !== 1)
  expect(buffer.value?.additionalData).toBe(2)
})

it('of another receiver it is another one; of none there is none', async () => {
  const one = posting()
  const other = posting()
  const receiver = shallowRef<BufferSource | null>(null)
  const { buffer } = showing(receiver)
  const first = one.post([1, 2], 1)
  receiver.value = one.receiver
  await until(() => buffer.value?.additionalData === 1)
  receiver.value = other.receiver
  await first.released
  expect(buffer.value).toBeNull()
  const second = other.post([2, 3], 2)
  await until(() => buffer.value?.additionalData === 2)
  receiver.value = null
  await second.released
  await nextTick()
  expect([buffer.value, one.release.mock.calls.length, other.release.mock.calls.length]).toEqual([null, 1, 1])
})

it('may come from a getter, also of deep state', async () => {
  const { receiver, post } = posting()
  const state = reactive({ receiver })
  const { buffer, wrapper } = showing(() => state.receiver as SharedBufferReceiver)
  post([1, 2], 1)
  await until(() => buffer.value?.additionalData === 1)
  wrapper.unmount()
})

it('may come from what a test has in a receiver’s place', () => {
  const source = { addEventListener: vi.fn(), removeEventListener: vi.fn(), releaseBuffer: vi.fn() }
  const { wrapper } = showing(source)
  expect(source.addEventListener).toHaveBeenCalledTimes(1)
  wrapper.unmount()
  expect(source.removeEventListener.mock.calls).toEqual(source.addEventListener.mock.calls)
})
