import { bytes, defineProtocol, json, type Link } from '@shared-channel/core'
import { FakeHost } from '@shared-channel/sample/testing'

/** What the channels of these tests carry. */
export const Camera = defineProtocol({
  send: { command: { id: 1, codec: json<{ exposure: number }>() } },
  receive: { frame: { id: 2, codec: bytes() }, level: { id: 3, codec: json<number>() } },
})
export type Camera = typeof Camera

export const cameraHost = (): FakeHost<Camera> => new FakeHost(Camera)

/** What the components of the tests take. */
export interface CameraProps {
  connect: (signal: AbortSignal) => Link | Promise<Link>
  onlevel?: (level: number) => void
  /** Called whenever the latest level is rendered. */
  onupdate?: () => void
}
