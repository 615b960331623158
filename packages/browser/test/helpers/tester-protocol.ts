// What the plugin of most tests understands (tester.cpp).
import { bytes, defineProtocol, text } from '@shared-channel/core'

export const TESTER = '/build/wasm/tester.wasm'

export const Tester = defineProtocol({
  send: {
    take: { id: 2, codec: bytes() },
    taken: { id: 3, codec: text(), reply: text() },
    produce: { id: 4, codec: text(), reply: text() },
    do: { id: 6, codec: text(), reply: text() },
    order: { id: 7, codec: text() },
    ask: { id: 1, codec: bytes(), reply: bytes() },
  },
  receive: { data: { id: 5, codec: bytes() } },
  both: { echo: { id: 8, codec: bytes() } },
})
