// Tries to open plugins as an ordinary user: root may read everything.
//   open-as-nobody <path> …
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'

// The addon is loaded while everything may be read, wherever this was checked out.
await (await openPlugin(pluginPath('echo'))).close()
if (process.getuid?.() === 0) process.setuid?.(65534)

for (const path of process.argv.slice(2)) {
  const { code, message } = await openPlugin(path).then(
    (plugin) => ({ code: 'opened', message: plugin.path }),
    (error) => error,
  )
  console.log(JSON.stringify({ code, message }))
}
