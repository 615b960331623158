// Buffers that are posted to a component.
import { posting, until } from '@shared-channel/sample/testing'
import { render, screen } from '@testing-library/svelte'
import { get } from 'svelte/store'
import { expect, it } from 'vitest'
import { sharedBuffer } from '../src/index.ts'
import Buffer from './components/Buffer.svelte'

const shown = (id: string) => screen.getByTestId(id).textContent

it('shows the newest buffer that the predicate wants, and releases the one before and the last one', async () => {
  const { receiver, post } = posting()
  const { unmount } = render(Buffer, { receiver })
  expect(shown('bytes')).toBe('none')
  const first = post(new Uint8Array(64), 'first')
  await until(() => shown('bytes') === '64')
  expect(shown('data')).toBe('first')

  post(new Uint8Array(16), 'sound')
  const second = post(new Uint8Array(32), 'second')
  await until(() => shown('bytes') === '32')
  expect(await first.released).toBe('released')

  unmount()
  expect(await second.released).toBe('released')
})

it('shows nothing without a receiver, and follows the receiver that comes', async () => {
  const { receiver, post } = posting()
  const { rerender } = render(Buffer, { receiver: null })
  expect(shown('bytes')).toBe('none')
  const posted = post(new Uint8Array(8))
  await rerender({ receiver })
  await until(() => shown('bytes') === '8')
  await rerender({ receiver: null })
  expect(shown('bytes')).toBe('none')
  expect(await posted.released).toBe('released')
})

it('is a store without a component, too: nothing is held while nobody is subscribed', async () => {
  const { receiver, post } = posting()
  const picture = sharedBuffer(receiver)
  const posted = post(new Uint8Array(8))
  const leave = picture.subscribe(() => {})
  await until(() => get(picture) !== null)
  const bytes = get(picture)?.bytes
  expect(bytes?.length).toBe(8)
  leave()
  expect(await posted.released).toBe('released')
  expect(bytes?.length).toBe(0)
  expect(get(picture)).toBe(null)
})
