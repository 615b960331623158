// A page under development: one channel, which stays when a module that can be replaced is.
import { SharedChannel } from '@shared-channel/core'
import { connect } from '@shared-channel/electron/renderer'
import { protocol, type TestChannel } from '../../app/protocol.ts'
import { greeting } from './greeting.ts'

const tools = {
  greeting,
  opened: undefined as TestChannel | undefined,

  async open(): Promise<void> {
    tools.opened = new SharedChannel(await connect('camera'), protocol)
  },

  /** Whether the plugin still answers. */
  get isOpen(): boolean {
    return tools.opened?.state === 'open'
  },
}

declare global {
  /** In a page of the development server. */
  var developed: typeof tools
}
globalThis.developed = tools

interface Hot {
  accept(file: string, replaced: (module: { greeting: string } | undefined) => void): void
}
const { hot } = import.meta as ImportMeta & { readonly hot?: Hot }
hot?.accept('./greeting.ts', (module) => {
  if (module !== undefined) tools.greeting = module.greeting
})
