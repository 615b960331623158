// Serves a plugin at the other end of a channel, and says a line of JSON for all that becomes of it. Stops it at SIGUSR2. Nothing but the
// plugin keeps this process alive.
//   serve <handle> <library> [<options of servePlugin, as JSON>]
import { type ServePluginOptions, servePlugin } from '@shared-channel/native/host'

const [handle = '', path = '', json = '{}'] = process.argv.slice(2)
const say = (line: object) => console.log(JSON.stringify(line))
const failure = (error: unknown) => {
  const { code, message } = error as { code: string; message: string }
  return { code, message }
}

try {
  const plugin = await servePlugin(handle, path, {
    ...(JSON.parse(json) as ServePluginOptions),
    onLog: (line) => say({ log: line.text }),
    onError: (error) => say({ error: failure(error) }),
  })
  process.once('SIGUSR2', () => plugin.stop().then(() => say({ stopped: true })))
  say({ info: plugin.info, path: plugin.path })
  const reason = await plugin.ended
  say({ ended: reason === undefined ? null : failure(reason) })
} catch (error) {
  say({ refused: failure(error) })
}
