// A page that comes rendered by a server, and is taken over.
import { Connections } from '@shared-channel/core'
import { turns, until } from '@shared-channel/sample/testing'
import { renderToString } from '@vue/server-renderer'
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { createSSRApp, defineComponent, h, Suspense } from 'vue'
import { sharedChannels, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { expectNoComplaints } from './helpers/complaints.ts'

expectNoComplaints()

const host = cameraHost()
const Status = defineComponent(() => {
  const { status, latest } = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
  const level = latest('level')
  return () => h('p', `${status.value} ${level.value}`)
})
const LateStatus = defineComponent({
  async setup() {
    const { status } = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
    await turns()
    return () => h('p', status.value)
  },
})

/** What a server renders, in an element. */
async function rendered(app: ReturnType<typeof createSSRApp>): Promise<HTMLElement> {
  const root = document.createElement('div')
  root.innerHTML = await renderToString(app)
  expect(root.textContent).toContain('connecting')
  return root
}

it('a component shows what the server has rendered, and then its channel', async () => {
  const root = await rendered(createSSRApp(Status))
  const before = root.firstElementChild
  const app = createSSRApp(Status)
  app.mount(root)
  expect(root.textContent).toBe('connecting undefined')
  await until(() => root.textContent === 'open undefined')
  expect(root.firstElementChild).toBe(before)
  app.unmount()
  await until(() => host.openLinks === 0)
})

it('also when others have opened the channel already', async () => {
  const connections = new Connections()
  const plugins = [sharedChannels(connections)]
  const other = mount(Status, { global: { plugins } })
  await until(() => other.text().startsWith('open'))

  const root = await rendered(createSSRApp(Status).use(sharedChannels()))
  const app = createSSRApp(Status).use(sharedChannels(connections))
  app.mount(root)
  expect(root.textContent).toBe('connecting undefined')
  await until(() => root.textContent === 'open undefined')
  expect(host.openLinks).toBe(1)
  app.unmount()
  other.unmount()
  await until(() => host.openLinks === 0)
})

it('also when its setup takes longer than the channel', async () => {
  const App = defineComponent(() => () => h(Suspense, () => h(LateStatus)))
  const root = await rendered(createSSRApp(App))
  const app = createSSRApp(App)
  app.mount(root)
  await until(() => root.textContent === 'open')
  app.unmount()
  await until(() => host.openLinks === 0)
})
