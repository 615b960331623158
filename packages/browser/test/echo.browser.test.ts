import { bytes, defineProtocol, SharedChannel } from '@shared-channel/core'
import { expect, it } from 'vitest'
import { openWasmPlugin } from '../src/index.ts'

const Echo = defineProtocol({ both: { data: { id: 1, codec: bytes(), reply: bytes() } } })

it('echoes', async () => {
  const plugin = await openWasmPlugin('/build/wasm/echo.wasm')
  expect(plugin.info).toEqual({ name: 'echo', version: '1.2.3', abi: '1.0' })
  const channel = new SharedChannel(plugin, Echo)
  const answer = await channel.request('data', Uint8Array.of(1, 2, 3), { timeout: 5000 })
  expect([...answer]).toEqual([1, 2, 3])
  await channel.close()
})
