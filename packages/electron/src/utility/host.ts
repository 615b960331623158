// The program of the utility process in which the broker opens plugins.
import { type ServedPlugin, servePlugin } from '@shared-channel/native/host'
import { packError } from '../shared/plain-error.ts'
import type { FromUtility, ToUtility } from '../shared/utility-messages.ts'

const served = new Map<number, ServedPlugin>()
const say = (message: FromUtility) => process.parentPort.postMessage(message)

process.parentPort.on('message', ({ data }) => {
  const message = data as ToUtility
  if (message.type === 'serve') void serve(message)
  else served.get(message.id)?.stop()
})

async function serve({ id, handle, path, options, trusted }: Extract<ToUtility, { type: 'serve' }>): Promise<void> {
  try {
    const plugin = await servePlugin(handle, path, {
      ...options,
      trusted,
      onLog: (line) => say({ type: 'log', line }),
      onError: (error) => say({ type: 'error', error: packError(error) }),
    })
    served.set(id, plugin)
    say({ type: 'opened', id })
    const reason = await plugin.ended
    if (reason !== undefined) say({ type: 'error', error: packError(reason) })
    served.delete(id)
    say({ type: 'ended', id })
  } catch (error) {
    say({ type: 'failed', id, error: packError(error) })
  }
}
