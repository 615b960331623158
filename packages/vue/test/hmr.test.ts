// What Vue's own hot replacement does to a component that has a channel.

import { until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { type Component, defineComponent, h, nextTick, type Plugin } from 'vue'
import { sharedChannels, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

declare const __VUE_HMR_RUNTIME__: {
  createRecord(id: string, component: Component): boolean
  rerender(id: string, render: () => unknown): void
  reload(id: string, component: Component): void
}

/** A component as Vite's plugin makes it known. */
function hot(id: string, plugins: Plugin[] = []) {
  const host = cameraHost()
  const version = (text: string) => ({
    ...defineComponent({
      setup: () => useSharedChannel({ key: 1, connect: host.connect, protocol: Camera }),
      render: ({ status }: { status: string }) => h('p', `${text} ${status}`),
    }),
    __hmrId: id,
  })
  const first = version('old')
  __VUE_HMR_RUNTIME__.createRecord(id, first)
  const wrapper = mount(
    defineComponent(() => () => h(first)),
    { global: { plugins } },
  )
  return { host, version, wrapper }
}

it('a new template keeps the channel', async () => {
  const { host, wrapper } = hot('template')
  await until(() => wrapper.text() === 'old open')
  __VUE_HMR_RUNTIME__.rerender(
    'template',
    function render(this: void, { status }: { status: string } = { status: '' }) {
      return h('p', `new ${status}`)
    },
  )
  await nextTick()
  expect(wrapper.text()).toBe('new open')
  expect(host.signals).toHaveLength(1)
  wrapper.unmount()
  await until(() => host.openLinks === 0)
})

it.each([
  ['of its own', []],
  ['that is shared', [sharedChannels()]],
])('a new setup releases the channel %s, once, and opens it again', async (kind, plugins) => {
  const { host, version, wrapper } = hot(kind, plugins)
  await until(() => wrapper.text() === 'old open')
  __VUE_HMR_RUNTIME__.reload(kind, version('new'))
  await until(() => wrapper.text() === 'new open')
  await until(() => host.openLinks === 1)
  expect([host.signals.length, host.closedLinks]).toEqual([2, 1])
  wrapper.unmount()
  await until(() => host.openLinks === 0)
  expect(host.closedLinks).toBe(2)
})
