import { turns, until } from '@shared-channel/sample/testing'
import { fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { SharedChannelOptions } from '../src/index.ts'
import { type Camera, cameraHost } from './helpers/camera.ts'
import { ErrorBoundary, silenceErrors } from './helpers/error-boundary.tsx'
import { Status, shown, using } from './helpers/using.tsx'

describe('a failure', () => {
  it('is shown, and nothing is tried again unless it is asked for', async () => {
    const error = new Error('no camera')
    const connect = vi.fn(() => Promise.reject(error))
    const { result, has } = using({ connect })
    await has('error')
    expect(result.current).toMatchObject({ error, channel: null })
    await turns()
    expect(connect).toHaveBeenCalledOnce()
  })

  it('is tried again as often as `retry` says', async () => {
    const host = cameraHost()
    const failures = ['first', 'second']
    const connect = (signal: AbortSignal) =>
      failures.length > 0 ? Promise.reject(failures.shift()) : host.connect(signal)
    const { result, has } = using({ connect, retry: 2, retryDelay: 1 })
    await has('open')
    expect(failures).toEqual([])
    expect(result.current.error).toBe(null)
  })

  it('is left as it is when `retry` says so', async () => {
    const retry = vi.fn((attempt: number, _: unknown) => attempt < 2)
    const { result, has } = using({ connect: () => Promise.reject('busy'), retry, retryDelay: 1 })
    await has('error')
    expect(retry.mock.calls.map(([attempt]) => attempt)).toEqual([0, 1, 2])
    expect(result.current.error).toBe('busy')
  })

  it('of an open channel is tried again, too', async () => {
    const { host, result, has } = using({
      retry: (_, error) => (error as { code?: string }).code === 'PEER_LOST',
      retryDelay: 1,
    })
    await has('open')
    const { channel } = result.current
    host.lose()
    await until(() => result.current.channel !== null && result.current.channel !== channel)
    expect(host.connects).toBe(2)
  })
})

describe('throwOnError', () => {
  const failing = (error: unknown) => () => Promise.reject(error)

  it('brings the error to the next error boundary; a component that comes up again connects again', async () => {
    silenceErrors()
    const host = cameraHost()
    let connect: SharedChannelOptions<Camera>['connect'] = failing('no camera')
    render(
      <ErrorBoundary>
        <Status connect={(signal) => connect(signal)} throwOnError />
      </ErrorBoundary>,
    )
    await until(() => screen.queryByText('no camera') !== null)
    connect = host.connect
    fireEvent.click(screen.getByText('no camera'))
    await until(() => shown() === 'open')
  })

  it('may tell by the error', async () => {
    silenceErrors()
    const isFatal = (error: unknown) => error === 'fatal'
    render(
      <ErrorBoundary>
        <Status connect={failing('harmless')} throwOnError={isFatal} />
      </ErrorBoundary>,
    )
    await until(() => shown() === 'error')
    render(
      <ErrorBoundary>
        <Status id="other" connect={failing('fatal')} throwOnError={isFatal} />
      </ErrorBoundary>,
    )
    await until(() => screen.queryByText('fatal') !== null)
    expect(shown()).toBe('error')
  })

  it('throws nothing while it is tried again', async () => {
    const { result, has } = using({ connect: failing('busy'), throwOnError: true, retry: 1, retryDelay: 100_000 })
    await until(() => result.current.error === 'busy')
    await has('connecting')
  })
})
