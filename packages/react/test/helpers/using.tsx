import { until } from '@shared-channel/sample/testing'
import { renderHook, screen } from '@testing-library/react'
import { type SharedChannelOptions, useSharedChannel } from '../../src/index.ts'
import { Camera, cameraHost } from './camera.ts'

export type Options = Partial<SharedChannelOptions<Camera>>

/** A component that uses a channel; `options` may be given anew. */
export function using(options: Options = {}, { reactStrictMode = false } = {}) {
  const host = cameraHost()
  const { result, rerender, unmount } = renderHook(
    (more: Options) => useSharedChannel({ key: 'camera', connect: host.connect, protocol: Camera, ...more }),
    { initialProps: options, reactStrictMode },
  )
  const has = (status: string) => until(() => result.current.status === status)
  return { host, result, rerender, unmount, has }
}

export type StatusProps = Options &
  Pick<SharedChannelOptions<Camera>, 'connect'> & {
    id?: string
    /** What the component waits for before it comes up, if it has to. */
    suspend?: () => Promise<void> | false
  }

/** A component that shows its channel's status. */
export function Status({ id = 'status', suspend, ...options }: StatusProps) {
  const { status } = useSharedChannel({ key: 'camera', protocol: Camera, ...options })
  const wait = suspend?.()
  if (wait) throw wait
  return <output data-testid={id}>{status}</output>
}

/** What such a component shows. */
export const shown = (id = 'status') => screen.queryByTestId(id)?.textContent
