// @vitest-environment node
// On a server, where there is no window: what is rendered there, and what is not touched.
import { Connections } from '@shared-channel/core'
import { turns } from '@shared-channel/sample/testing'
import { renderToString } from '@vue/server-renderer'
import { expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h, ref } from 'vue'
import { sharedChannels, useSharedBuffer, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

it.each([
  ['a channel of its own', undefined],
  ['a shared channel', new Connections()],
])('renders `connecting` for %s, and touches no memory', async (_, connections) => {
  const { connect, signals } = cameraHost()
  const receiver = { addEventListener: vi.fn(), removeEventListener: vi.fn(), releaseBuffer: vi.fn() }
  const read = vi.fn(() => Camera)
  const App = defineComponent(() => {
    const { status, error, channel, latest, on } = useSharedChannel({ key: ref(1), connect, protocol: read })
    const level = latest('level')
    on('note', () => {})
    const buffer = useSharedBuffer(receiver)
    return () => h('p', [status.value, error.value, channel.value, level.value, buffer.value].join(' '))
  })
  const app = createSSRApp(App)
  if (connections !== undefined) app.use(sharedChannels(connections))
  expect(await renderToString(app)).toBe('<p>connecting    </p>')
  await turns()
  expect(signals).toEqual([])
  expect(connections?.size ?? 0).toBe(0)
  expect(receiver.addEventListener).not.toHaveBeenCalled()
})

it('a setup that waits renders the same', async () => {
  const { connect, signals } = cameraHost()
  const App = defineComponent({
    async setup() {
      const { status } = useSharedChannel({ key: 1, connect, protocol: Camera })
      await turns()
      return () => h('p', status.value)
    },
  })
  expect(await renderToString(createSSRApp(App))).toBe('<p>connecting</p>')
  expect(signals).toEqual([])
})
