import { turns, until } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { defineComponent, h, nextTick, ref, type ShallowRef, Suspense, watch } from 'vue'
import { useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

/** A component inside of `<Suspense>` whose setup waits for something. */
function suspended(wait: (status: Readonly<ShallowRef<string>>) => Promise<void>) {
  const host = cameraHost()
  const isThere = ref(true)
  const Child = defineComponent({
    async setup() {
      const { status, on } = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
      const notes = ref<string[]>([])
      on('note', (note) => notes.value.push(note))
      await wait(status)
      return () => h('p', `${status.value} ${notes.value}`)
    },
  })
  const wrapper = mount(
    defineComponent(
      () => () =>
        h(Suspense, null, { default: isThere.value ? () => h(Child) : () => h('p', 'gone'), fallback: () => 'wait' }),
    ),
  )
  return { host, isThere, wrapper }
}

it('a setup may wait for its channel, which is opened once and heard from the start', async () => {
  const { host, wrapper } = suspended(
    (status) => new Promise((resolve) => watch(status, (now) => now === 'open' && resolve())),
  )
  expect(wrapper.text()).toBe('wait')
  await until(() => host.peers.length === 1)
  host.peer.send('note', 'a')
  await until(() => wrapper.text() === 'open a')
  expect(host.signals).toHaveLength(1)
  wrapper.unmount()
  await until(() => host.openLinks === 0)
})

it('one that goes before its setup is done is released', async () => {
  const { host, isThere, wrapper } = suspended(() => new Promise(() => {}))
  await until(() => host.openLinks === 1)
  isThere.value = false
  await nextTick()
  await until(() => host.openLinks === 0)
  await turns()
  expect([host.signals.length, wrapper.text()]).toEqual([1, 'gone'])
})
