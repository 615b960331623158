// Channels to the plugin of most tests (tester.cpp) that are closed after each test.
import { SharedChannel, type SharedChannelError } from '@shared-channel/core'
import { afterEach } from 'vitest'
import { type OpenWasmPluginOptions, openWasmPlugin, type WasmPlugin } from '../../src/index.ts'
import { TESTER, Tester } from './tester-protocol.ts'

export interface TesterChannel {
  readonly plugin: WasmPlugin
  readonly channel: SharedChannel<typeof Tester>
  /** What `channel.onError` heard. */
  readonly errors: SharedChannelError[]
  /** What the plugin logged, as `level text`. */
  readonly lines: string[]
  /** Has the plugin obey. @returns What came of it. */
  ask(order: string): Promise<string>
}

const open = new Set<SharedChannel<typeof Tester>>()

afterEach(async () => {
  await Promise.all([...open].map((channel) => channel.close()))
})

export async function openTester(options: OpenWasmPluginOptions = {}): Promise<TesterChannel> {
  const lines: string[] = []
  const onLog: OpenWasmPluginOptions['onLog'] = ({ level, text }) => lines.push(`${level} ${text}`)
  const plugin = await openWasmPlugin(TESTER, { onLog, ...options })
  const channel = new SharedChannel(plugin, Tester)
  open.add(channel)
  void channel.closed.then(() => open.delete(channel))
  const errors: SharedChannelError[] = []
  channel.onError((error) => errors.push(error as SharedChannelError))
  return { plugin, channel, errors, lines, ask: (order) => channel.request('do', order) }
}
