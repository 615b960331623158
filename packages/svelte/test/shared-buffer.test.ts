// Buffers that are posted to a component.
import { MessageChannel } from 'node:worker_threads'
import { type PostableBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/core'
import { render, screen } from '@testing-library/svelte'
import { get } from 'svelte/store'
import { expect, it, onTestFinished } from 'vitest'
import { sharedBuffer } from '../src/index.ts'
import Buffer from './components/Buffer.svelte'
import { until } from './helpers/wait.ts'

/** A buffer that is sent as a copy, since there is no native code here. */
const copied = (size: number): PostableBuffer => ({ size, reference: () => ({ copy: new ArrayBuffer(size) }) })

/** A receiver at the end of a real port, and how to post to it. */
function posting() {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  const receiver = new SharedBufferReceiver(port2)
  const post = (size: number, additionalData?: unknown) => postSharedBuffer(port1, copied(size), { additionalData })
  return { receiver, post }
}

const shown = (id: string) => screen.getByTestId(id).textContent

it('shows the newest buffer that the predicate wants, and releases the one before and the last one', async () => {
  const { receiver, post } = posting()
  const { unmount } = render(Buffer, { receiver })
  expect(shown('bytes')).toBe('none')
  const first = post(64, 'first')
  await until(() => shown('bytes') === '64')
  expect(shown('data')).toBe('first')

  post(16, 'sound')
  const second = post(32, 'second')
  await until(() => shown('bytes') === '32')
  expect(await first.released).toBe('released')

  unmount()
  expect(await second.released).toBe('released')
})

it('shows nothing without a receiver, and follows the receiver that comes', async () => {
  const { receiver, post } = posting()
  const { rerender } = render(Buffer, { receiver: null })
  expect(shown('bytes')).toBe('none')
  const posted = post(8)
  await rerender({ receiver })
  await until(() => shown('bytes') === '8')
  await rerender({ receiver: null })
  expect(shown('bytes')).toBe('none')
  expect(await posted.released).toBe('released')
})

it('is a store without a component, too: nothing is held while nobody is subscribed', async () => {
  const { receiver, post } = posting()
  const picture = sharedBuffer(receiver)
  const posted = post(8)
  const leave = picture.subscribe(() => {})
  await until(() => get(picture) !== null)
  const bytes = get(picture)?.bytes
  expect(bytes?.length).toBe(8)
  leave()
  expect(await posted.released).toBe('released')
  expect(bytes?.length).toBe(0)
  expect(get(picture)).toBe(null)
})
