// What only Svelte 5 has: boundaries, and state inside of keys.
import { SharedChannelError } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, it, vi } from 'vitest'
import Boundary from './components/Boundary.svelte'
import DeepKey from './components/DeepKey.svelte'
import Handler from './components/Handler.svelte'
import { cameraHost } from './helpers/camera.ts'

const isOpen = () => until(() => screen.queryByTestId('status')?.textContent?.trim() === 'open')

it('throwOnError brings the error to the next boundary, which may try again', async () => {
  const cameras = cameraHost()
  let works = false
  const connect = (signal: AbortSignal) => {
    if (works) return cameras.connect(signal)
    throw new SharedChannelError('INVALID_ARGUMENT', 'There is no such camera.')
  }
  const { unmount } = render(Boundary, { connect })
  await until(() => screen.queryByTestId('failure') !== null)
  expect(screen.getByTestId('failure').textContent).toBe('There is no such camera.')
  expect(screen.queryByTestId('status')).toBe(null)

  works = true
  await fireEvent.click(screen.getByText('again'))
  await isOpen()
  expect(screen.queryByTestId('failure')).toBe(null)
  unmount()
  await until(() => cameras.closedLinks === 1)
})

it('throwOnError brings the loss of an open channel there, too', async () => {
  const cameras = cameraHost()
  const { unmount } = render(Boundary, { connect: cameras.connect })
  await isOpen()
  cameras.lose(new SharedChannelError('PEER_LOST', 'The camera fell.'))
  await until(() => screen.queryByTestId('failure') !== null)
  expect(screen.getByTestId('failure').textContent).toBe('The camera fell.')
  unmount()
  await until(() => cameras.openLinks === 0)
})

it('state inside of a key counts by its value, and `fromStore` is open while it is read', async () => {
  const cameras = cameraHost()
  const { unmount } = render(DeepKey, { connect: cameras.connect })
  await isOpen()
  await fireEvent.click(screen.getByText('keep'))
  await turns()
  expect(cameras.peers).toHaveLength(1)
  await fireEvent.click(screen.getByText('grow'))
  await until(() => cameras.peers.length === 2 && cameras.openLinks === 1)
  unmount()
  await until(() => cameras.openLinks === 0)
})

it('state inside of a key that no function reads is none that effects follow', async () => {
  const cameras = cameraHost()
  const onsubscribe = vi.fn()
  const { unmount } = render(Handler, { connect: cameras.connect, onsubscribe })
  await until(() => cameras.peers.length === 1)
  await fireEvent.click(screen.getByText('grow'))
  await turns()
  expect(onsubscribe).toHaveBeenCalledOnce()
  expect(cameras.peers).toHaveLength(1)
  unmount()
  await until(() => cameras.openLinks === 0)
})
