// The main process of all sample applications: electron main.cjs --framework=react
// Another build of the plugin: --plugin=/absolute/path/sample
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createBroker, registerAppScheme } from '@shared-channel/electron/main'
import { app, BrowserWindow } from 'electron'
import { SAMPLE } from '../protocol.ts'

const FRAMEWORKS = ['react', 'vue', 'svelte']

const plugin = app.commandLine.getSwitchValue('plugin') || join(__dirname, '../../build/Release/sample')
const framework = app.commandLine.getSwitchValue('framework')
if (!FRAMEWORKS.includes(framework)) fail(`--framework is one of ${FRAMEWORKS.join(', ')}.`)
const pages = join(__dirname, '../../..', framework, 'dist')
if (!existsSync(pages)) fail(`There is no ${pages}; build it first: npm run build.`)

registerAppScheme(pages)
createBroker({
  plugins: { [SAMPLE]: { path: plugin, isolation: 'renderer', updateInterval: 4 } },
  folders: [dirname(plugin)],
})
app
  .whenReady()
  .then(() => {
    const window = new BrowserWindow({
      width: 900,
      height: 720,
      autoHideMenuBar: true,
      // sandbox: false is what native code in the window takes; the page itself has no Node.
      webPreferences: { sandbox: false, contextIsolation: true, nodeIntegration: false },
    })
    return window.loadURL('app://sample/index.html')
  })
  .catch((error) => fail(String(error)))
app.on('window-all-closed', () => app.quit())

function fail(reason: string): never {
  console.error(reason)
  process.exit(1)
}
