// What the guide's step 4 has a window do: loads its plugin, makes a channel, sends, receives and cleans up.
import { nativeAddon, SharedMemoryChannel } from '@shared-channel/native/compat'

/** @returns What the plugin has sent back of messages of one byte, in order. */
export async function useGuide(plugin: string, messages: number): Promise<number[]> {
  if (!nativeAddon.loadPlugin(plugin)) throw new Error('the plugin could not be loaded')
  const channel = new SharedMemoryChannel(1024 * 1024, 1024 * 1024)
  const received: number[] = []
  const all = new Promise<void>((resolve) => {
    channel.startReceiving((message) => {
      received.push(message[0] as number)
      if (received.length === 2 * messages) resolve() // it answers each twice
    })
  })
  for (let sent = 0; sent < messages - 1; sent++) channel.send(Uint8Array.of(sent))
  await channel.send_direct(Uint8Array.of(messages - 1), 2000)
  await all
  channel.cleanup()
  return received
}
