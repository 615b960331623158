// Channels that components share by key.
import { Connections } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import SharedByKey from './components/SharedByKey.svelte'
import { cameraHost } from './helpers/camera.ts'

const statuses = () => screen.getAllByTestId('status').map(({ textContent }) => textContent)
const areOpen = (count: number) => until(() => statuses().join() === Array(count).fill('open').join())

it('components with equal keys have one channel, until the last of them is gone', async () => {
  const cameras = cameraHost()
  const levels: number[] = []
  const props = { connect: cameras.connect, onlevel: (level: number) => levels.push(level) }
  const { rerender, unmount } = render(SharedByKey, { ...props, count: 3 })
  await areOpen(3)
  expect(cameras.peers).toHaveLength(1)
  cameras.peer.send('level', 5)
  await until(() => levels.length === 3)

  await rerender({ count: 1 })
  await turns()
  expect(cameras.openLinks).toBe(1)
  await rerender({ count: 2 })
  await areOpen(2)
  expect(cameras.peers).toHaveLength(1)

  unmount()
  await until(() => cameras.closedLinks === 1)
})

it('a component whose key changes leaves the channel to the others', async () => {
  const cameras = cameraHost()
  const { unmount } = render(SharedByKey, { connect: cameras.connect, count: 2 })
  await areOpen(2)
  const [first, second] = screen.getAllByText('grow') as [HTMLElement, HTMLElement]
  await fireEvent.click(first)
  await until(() => cameras.peers.length === 2)
  await areOpen(2)
  expect(cameras.openLinks).toBe(2)
  await fireEvent.click(second)
  await until(() => cameras.openLinks === 1)
  await areOpen(2)
  expect(cameras.peers).toHaveLength(2)
  unmount()
  await until(() => cameras.openLinks === 0)
})

it('roots share channels by connections that are handed to them', async () => {
  const cameras = cameraHost()
  const props = { connect: cameras.connect, connections: new Connections(), count: 1 }
  const roots = [render(SharedByKey, props), render(SharedByKey, props)]
  await areOpen(2)
  expect(cameras.peers).toHaveLength(1)
  for (const { unmount } of roots) unmount()
  await until(() => cameras.closedLinks === 1)
})

it('others have channels of their own', async () => {
  const cameras = cameraHost()
  const props = { connect: cameras.connect, count: 1 }
  const roots = [render(SharedByKey, props), render(SharedByKey, props)]
  await areOpen(2)
  expect(cameras.peers).toHaveLength(2)
  for (const { unmount } of roots) unmount()
  await until(() => cameras.openLinks === 0)
})
