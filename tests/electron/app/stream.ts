// Checked data through one channel, first to the plugin, then from it.
import { receiveChecked, sendChecked } from './checked-data.ts'
import { mappedAddon } from './own-process.ts'
import { openChannel } from './plugin.ts'
import type { StreamResult } from './task.ts'

const MEBIBYTES = 200

export async function stream(): Promise<StreamResult> {
  const started = performance.now()
  const channel = await openChannel()
  const errors: string[] = []
  channel.onError((error) => errors.push(String(error)))
  const { largest, sent } = await sendChecked(channel, MEBIBYTES)
  const received = await receiveChecked(channel, MEBIBYTES)
  const { reason } = await channel.close()
  if (reason !== undefined) errors.push(String(reason))
  return { addon: mappedAddon(), sent, received, largest, errors, seconds: (performance.now() - started) / 1000 }
}
