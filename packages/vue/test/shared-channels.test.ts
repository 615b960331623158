import { Connections } from '@shared-channel/core'
import type { FakeHost } from '@shared-channel/sample/testing'
import { turns, until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createApp, defineComponent, h, nextTick, provide, ref } from 'vue'
import { connectionsKey, sharedChannels, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

/** Shows the status of the channel of a key. */
const Status = defineComponent(
  (props: { host: FakeHost<Camera>; channel: string }) => {
    const { status } = useSharedChannel({
      key: () => props.channel,
      connect: (signal) => props.host.connect(signal),
      protocol: Camera,
    })
    return () => h('p', status.value)
  },
  { props: ['host', 'channel'] },
)

/** So many of them, each with a key. */
function statuses(keys: string[], plugins = [sharedChannels()]) {
  const host = cameraHost()
  const shown = ref(keys)
  const wrapper = mount(
    defineComponent(() => () => shown.value.map((channel, key) => h(Status, { host, channel, key }))),
    { global: { plugins } },
  )
  const areOpen = () => until(() => wrapper.findAll('p').every((status) => status.text() === 'open'))
  const show = async (keys: string[]) => {
    shown.value = keys
    await nextTick()
  }
  return { host, wrapper, show, areOpen }
}

describe('components with the plugin', () => {
  it('share the channel of a key: opened for the first, released once, with the last', async () => {
    const { host, show, areOpen } = statuses(['a', 'a', 'a'])
    await areOpen()
    expect(host.signals).toHaveLength(1)
    await show(['a'])
    await turns()
    expect(host.openLinks).toBe(1)
    await show([])
    await until(() => host.openLinks === 0)
    expect([host.signals.length, host.closedLinks]).toEqual([1, 1])
  })

  it('have a channel for each key, and change from one to the other', async () => {
    const { host, wrapper, show, areOpen } = statuses(['a', 'b'])
    await areOpen()
    expect(host.openLinks).toBe(2)
    await show(['b', 'b'])
    await areOpen()
    await until(() => host.openLinks === 1)
    expect(host.signals).toHaveLength(2)
    wrapper.unmount()
    await until(() => host.openLinks === 0)
  })

  it('open the channel again for whoever comes after the last has left', async () => {
    const { host, show, areOpen } = statuses(['a'])
    await areOpen()
    await show([])
    await show(['a'])
    await areOpen()
    expect(host.signals).toHaveLength(2)
    await show([])
  })

  it('release it with their app', async () => {
    const host = cameraHost()
    const app = createApp(() => h(Status, { host, channel: 'a' })).use(sharedChannels())
    app.mount(document.createElement('div'))
    await until(() => host.openLinks === 1)
    app.unmount()
    await until(() => host.openLinks === 0)
  })
})

it('without the plugin each component has its own', async () => {
  const { host, wrapper, areOpen } = statuses(['a', 'a'], [])
  await areOpen()
  expect(host.openLinks).toBe(2)
  wrapper.unmount()
  await until(() => host.openLinks === 0)
})

it('two apps share channels that are given to both', async () => {
  const connections = new Connections()
  const one = statuses(['a'], [sharedChannels(connections)])
  const other = statuses(['a'], [sharedChannels(connections)])
  await Promise.all([one.areOpen(), other.areOpen()])
  expect(one.host.openLinks + other.host.openLinks).toBe(1)
  one.wrapper.unmount()
  await turns()
  expect(one.host.openLinks + other.host.openLinks).toBe(1)
  other.wrapper.unmount()
})

it('a component may share channels among those inside of it only', async () => {
  const host = cameraHost()
  const Group = defineComponent(() => {
    provide(connectionsKey, new Connections())
    return () => [h(Status, { host, channel: 'a' }), h(Status, { host, channel: 'a' })]
  })
  const wrapper = mount(defineComponent(() => () => [h(Group), h(Group)]))
  await until(() => wrapper.findAll('p').every((status) => status.text() === 'open'))
  expect(host.openLinks).toBe(2)
  wrapper.unmount()
})
