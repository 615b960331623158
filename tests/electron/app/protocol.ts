// The messages of these tests' plugin, tests/plugins/src/electron_stream.cpp, explained there.
import { bytes, defineProtocol, type SharedChannel, typedArray } from '@shared-channel/core'

export const protocol = defineProtocol({
  send: {
    begin: { id: 2, codec: typedArray(Uint32Array) },
    askReport: { id: 3, codec: bytes() },
    produce: { id: 4, codec: typedArray(Uint32Array) },
    fill: { id: 5, codec: typedArray(Uint32Array) },
  },
  receive: {
    report: { id: 3, codec: bytes() },
    produced: { id: 4, codec: bytes() },
  },
  both: {
    data: { id: 1, codec: bytes() },
    filler: { id: 6, codec: bytes({ view: true }) },
  },
})

export type TestChannel = SharedChannel<typeof protocol>
