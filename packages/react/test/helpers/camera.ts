import { bytes, defineProtocol, json, text } from '@shared-channel/core'
import { FakeHost } from '@shared-channel/sample/testing'

/** What the channels of these tests carry. */
export const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    measure: { id: 2, codec: json<{ x: number }>(), reply: json<{ mean: number }>() },
  },
  receive: {
    frame: { id: 3, codec: bytes() },
    level: { id: 4, codec: json<number>() },
    note: { id: 5, codec: text() },
  },
})
export type Camera = typeof Camera

export const cameraHost = (): FakeHost<Camera> => new FakeHost(Camera)
