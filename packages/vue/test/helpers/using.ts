import type { FakeHost } from '@shared-channel/sample/testing'
import { until } from '@shared-channel/sample/testing'
import { type GlobalMountOptions, mount, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { type SharedChannelOptions, type SharedChannelResult, useSharedChannel } from '../../src/index.ts'
import { Camera, cameraHost } from './camera.ts'

type Options = SharedChannelOptions<Camera>

export interface Using extends SharedChannelResult<Camera> {
  readonly host: FakeHost<Camera>
  readonly wrapper: VueWrapper
  /** When the status is that. */
  has(status: string): Promise<void>
}

/** A component that uses a channel of a fake host, and shows its status. */
export function using(
  options: Partial<Options> = {},
  { host = cameraHost(), global = {} }: { host?: FakeHost<Camera>; global?: GlobalMountOptions } = {},
): Using {
  let camera: SharedChannelResult<Camera> | undefined
  const use = () => {
    camera = useSharedChannel({ key: 'camera', connect: host.connect, protocol: Camera, ...options })
    return camera
  }
  const wrapper = mount(
    defineComponent(() => {
      const { status } = use()
      return () => h('p', status.value)
    }),
    { global },
  )
  if (camera === undefined) throw new Error('it was not set up')
  const { status } = camera
  return { ...camera, host, wrapper, has: (wanted) => until(() => status.value === wanted) }
}
