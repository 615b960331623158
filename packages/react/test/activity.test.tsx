import { turns, until } from '@shared-channel/sample/testing'
import { render, screen } from '@testing-library/react'
import { Activity } from 'react'
import { expect, it } from 'vitest'
import { SharedChannelProvider } from '../src/index.ts'
import { cameraHost } from './helpers/camera.ts'
import { Status, shown } from './helpers/using.tsx'

const modes = (isHidden: boolean) => (isHidden ? 'hidden' : 'visible')

it('releases the channel of what it hides, and opens it when it is shown again', async () => {
  const host = cameraHost()
  const page = (isHidden: boolean) => (
    <Activity mode={modes(isHidden)}>
      <Status connect={host.connect} />
    </Activity>
  )
  const { rerender, unmount } = render(page(true))
  await turns()
  expect(host.connects).toBe(0)

  rerender(page(false))
  await until(() => shown() === 'open')
  rerender(page(true))
  await until(() => host.openLinks === 0)
  rerender(page(false))
  await until(() => shown() === 'open' && screen.getByTestId('status').style.display !== 'none')
  expect([host.connects, host.openLinks]).toEqual([2, 1])

  unmount()
  await until(() => host.openLinks === 0)
})

it('keeps a channel that somebody uses who is not hidden', async () => {
  const host = cameraHost()
  const page = (isHidden: boolean) => (
    <SharedChannelProvider>
      <Status connect={host.connect} />
      <Activity mode={modes(isHidden)}>
        <Status id="inside" connect={host.connect} />
      </Activity>
    </SharedChannelProvider>
  )
  const { rerender } = render(page(false))
  await until(() => shown('inside') === 'open')
  rerender(page(true))
  rerender(page(false))
  await until(() => shown('inside') === 'open')
  expect([host.connects, host.openLinks]).toEqual([1, 1])
})
