/// <reference types="vite/client" />
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

// Written out: the server looks for these words.
import.meta.hot?.accept('./greeting.ts', (module) => {
  if (module !== undefined) tools.greeting = module.greeting
})
