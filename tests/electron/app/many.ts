// Links until there is no room for one more: in Electron's cage a WebAssembly.Memory reserves gigabytes.
import { SharedChannelError } from '@shared-channel/core'
import type { Plugin } from '@shared-channel/native'
import { openTestPlugin } from './plugin.ts'
import type { ManyResult } from './task.ts'

const NO_END_IN_SIGHT = 200

export async function many(): Promise<ManyResult> {
  const { opened, refusal } = await openAndClose()
  const again = await openAndClose()
  return { opened, refusal, openedAgain: again.opened }
}

async function openAndClose(): Promise<{ opened: number; refusal: string | undefined }> {
  const links: Plugin[] = []
  let refusal: string | undefined
  try {
    while (links.length < NO_END_IN_SIGHT) {
      links.push(await openTestPlugin({ sendCapacity: 4096, receiveCapacity: 4096 }))
    }
  } catch (error) {
    refusal = error instanceof SharedChannelError ? error.code : String(error)
  }
  await Promise.all(links.map((link) => link.close()))
  return { opened: links.length, refusal }
}
