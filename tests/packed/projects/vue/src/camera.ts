import { openWasmPlugin } from '@shared-channel/browser'
import { bytes, custom, defineProtocol, json } from '@shared-channel/core'

export const Camera = defineProtocol({
  send: {
    command: { id: 1, codec: json<{ exposure: number }>() },
    measure: { id: 2, codec: json<{ left: number }>(), reply: json<{ sum: number }>() },
  },
  receive: {
    frame: { id: 3, codec: bytes() },
    level: {
      id: 4,
      codec: custom<number>({ encode: (level) => Uint8Array.of(level), decode: (bytes) => bytes[0] ?? 0 }),
    },
  },
})

export const connectCamera = (signal: AbortSignal) => openWasmPlugin(new URL('/camera.wasm', location.href), { signal })
