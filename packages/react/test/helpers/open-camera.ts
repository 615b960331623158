import { SharedChannel } from '@shared-channel/core'
import { onTestFinished } from 'vitest'
import { Camera, cameraHost } from './camera.ts'

/** An open channel, for components that are given one, and its other end. */
export function openCamera() {
  const host = cameraHost()
  const channel = new SharedChannel(host.open(), Camera)
  onTestFinished(() => void channel.close({ discard: true }))
  return { channel, peer: host.peer }
}
