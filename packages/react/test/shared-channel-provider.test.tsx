import { Connections } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { fireEvent, render, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { expect, it } from 'vitest'
import { SharedChannelProvider, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { ErrorBoundary, silenceErrors } from './helpers/error-boundary.tsx'

type Connect = ReturnType<typeof cameraHost>['connect']
interface UserProps {
  id: string
  connect: Connect
  camera?: number
  throwOnError?: boolean
}

function User({ id, connect, camera = 0, throwOnError = false }: UserProps) {
  const { status, reconnect } = useSharedChannel({ key: ['camera', camera], connect, protocol: Camera, throwOnError })
  return (
    <button type="button" data-testid={id} onClick={reconnect}>
      {status}
    </button>
  )
}

const shown = (id: string) => screen.queryByTestId(id)?.textContent

it('lets components share one channel by key: opened for the first, released with the last', async () => {
  const host = cameraHost()
  const page = (ids: string[]) => (
    <StrictMode>
      <SharedChannelProvider>
        {ids.map((id) => (
          <User key={id} id={id} connect={host.connect} />
        ))}
      </SharedChannelProvider>
    </StrictMode>
  )
  const { rerender } = render(page(['a', 'b']))
  await until(() => shown('a') === 'open' && shown('b') === 'open')
  expect([host.connects, host.openLinks]).toEqual([1, 1])

  rerender(page(['b', 'c']))
  expect(shown('c')).toBe('open') // at once: it is open
  rerender(page(['c']))
  await turns()
  expect([host.connects, host.openLinks]).toEqual([1, 1])

  rerender(page([]))
  await until(() => host.openLinks === 0)
  rerender(page(['d']))
  await until(() => shown('d') === 'open')
  expect(host.connects).toBe(2)
})

it('keeps channels of other keys apart', async () => {
  const host = cameraHost()
  render(
    <SharedChannelProvider>
      <User id="a" connect={host.connect} camera={0} />
      <User id="b" connect={host.connect} camera={1} />
    </SharedChannelProvider>,
  )
  await until(() => shown('a') === 'open' && shown('b') === 'open')
  expect(host.openLinks).toBe(2)
})

it('hands a channel from the last user to one that comes up in the same commit', async () => {
  const host = cameraHost()
  const page = (id: string, more?: string) => (
    <SharedChannelProvider>
      <User key={id} id={id} connect={host.connect} />
      {more !== undefined && <User key={more} id={more} connect={host.connect} />}
    </SharedChannelProvider>
  )
  const { rerender } = render(page('a'))
  await until(() => shown('a') === 'open')
  rerender(page('b'))
  rerender(page('b', 'c'))
  await until(() => shown('b') === 'open' && shown('c') === 'open')
  expect(host.openLinks).toBe(1)
})

it('shares with other roots by the same connections', async () => {
  const host = cameraHost()
  const connections = new Connections()
  for (const id of ['a', 'b']) {
    render(
      <SharedChannelProvider connections={connections}>
        <User id={id} connect={host.connect} />
      </SharedChannelProvider>,
    )
  }
  await until(() => shown('a') === 'open' && shown('b') === 'open')
  expect(host.openLinks).toBe(1)
})

it('shows an error to all; whoever lets it be thrown tries again after somebody has reconnected', async () => {
  silenceErrors()
  const host = cameraHost()
  let isBroken = true
  const connect: Connect = (signal) => (isBroken ? Promise.reject('no camera') : host.connect(signal))
  render(
    <SharedChannelProvider>
      <User id="a" connect={connect} />
      <ErrorBoundary>
        <User id="b" connect={connect} throwOnError />
      </ErrorBoundary>
    </SharedChannelProvider>,
  )
  await until(() => shown('a') === 'error' && screen.queryByText('no camera') !== null)
  fireEvent.click(screen.getByText('no camera'))
  expect(screen.queryByText('no camera')).not.toBe(null) // nothing has changed for it

  isBroken = false
  fireEvent.click(screen.getByTestId('a'))
  fireEvent.click(screen.getByText('no camera'))
  await until(() => shown('a') === 'open' && shown('b') === 'open')
  expect(host.openLinks).toBe(1)
})
