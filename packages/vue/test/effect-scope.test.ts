// Outside of components: in a store, a service, a test.
import { SharedBufferReceiver } from '@shared-channel/core'
import { until } from '@shared-channel/sample/testing'
import { expect, it } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { useSharedBuffer, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { expectNoComplaints } from './helpers/complaints.ts'

expectNoComplaints()

it('a scope opens a channel, follows its key and releases it at its end', async () => {
  const host = cameraHost()
  const key = ref(1)
  const notes: string[] = []
  const scope = effectScope()
  const camera = scope.run(() => {
    const camera = useSharedChannel({ key, connect: host.connect, protocol: Camera })
    camera.on('note', (note) => notes.push(note))
    return { ...camera, level: camera.latest('level') }
  })
  await until(() => camera?.status.value === 'open')
  key.value = 2
  await nextTick()
  await until(() => camera?.status.value === 'open')
  host.peer.send('note', 'a')
  host.peer.send('level', 8)
  await until(() => notes.length === 1 && camera?.level.value === 8)
  expect(host.signals).toHaveLength(2)

  scope.stop()
  scope.stop()
  expect(camera?.status.value).toBe('closed')
  await until(() => host.openLinks === 0)
  expect(host.closedLinks).toBe(2)
})

it('without any scope a channel is open until it is closed', async () => {
  const host = cameraHost()
  const { status, close } = useSharedChannel({ key: 1, connect: host.connect, protocol: Camera })
  await until(() => status.value === 'open')
  await close()
  expect([status.value, host.openLinks]).toEqual(['closed', 0])
})

it('buffers are looked at without a component, too', () => {
  const { port1 } = new MessageChannel()
  const receiver = new SharedBufferReceiver(port1)
  const scope = effectScope()
  expect(scope.run(() => useSharedBuffer(receiver))?.value).toBeNull()
  scope.stop()
  receiver.close()
  port1.close()
})
