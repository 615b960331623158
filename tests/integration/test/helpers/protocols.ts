import { bytes, defineProtocol, text } from '@shared-channel/core'

/** Text of type 1, both ways: what the plugin `inspect` speaks. */
export const Talk = defineProtocol({ both: { text: { id: 1, codec: text() } } })
export type Talk = typeof Talk

/** Bytes of type 1, both ways. */
export const Data = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })
export type Data = typeof Data

/** What the native program `channel_parent` speaks. */
export const NativeParent = defineProtocol({
  both: { data: { id: 1, codec: bytes() } },
  send: { ask: { id: 2, codec: bytes(), reply: bytes() } },
})
