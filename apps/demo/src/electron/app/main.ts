// The main process: opens the two windows, introduces them to each other, and writes what came of it to stdout.
import { dirname, join } from 'node:path'
import { createBroker, registerAppScheme } from '@shared-channel/electron/main'
import { app, BrowserWindow, screen } from 'electron'
import { type FromPainter, RESULT_PREFIX, WINDOWS_LINK } from '../result.ts'

const PICTURE_PLUGIN = join(__dirname, '../../build/Release/picture')
const [PAINTER, VIEWER] = [
  { width: 900, height: 600 },
  { width: 360, height: 240 },
] as const
const GAP = 16

registerAppScheme(join(__dirname, 'pages'))
const broker = createBroker({
  plugins: {
    picture: { path: PICTURE_PLUGIN, isolation: 'renderer', receiveCapacity: 8 << 20, updateInterval: 16 },
  },
  folders: [dirname(PICTURE_PLUGIN)],
})
broker.onWebMessage((message) => {
  const { result, error } = message as FromPainter
  if (result === undefined) fail(error ?? 'The window said nothing.')
  process.stdout.write(`${RESULT_PREFIX}${JSON.stringify(result)}\n`, () => app.quit())
})
app.on('render-process-gone', (_event, _contents, { reason }) => fail(`A window has ended: ${reason}.`))

app
  .whenReady()
  .then(async () => {
    const { x, y } = screen.getPrimaryDisplay().workArea
    const [painter, viewer] = await Promise.all([
      open('painter.html', { ...PAINTER, x: x, y: y }),
      open('viewer.html', { ...VIEWER, x: x + PAINTER.width + GAP, y: y }),
    ])
    broker.connect(painter, viewer, { name: WINDOWS_LINK })
  })
  .catch((error) => fail(String(error)))

async function open(file: string, place: Electron.Rectangle): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    ...place,
    useContentSize: true,
    autoHideMenuBar: true,
    backgroundColor: '#10131c',
    // sandbox: false is what native code in the window takes; the page itself has no Node.
    webPreferences: { sandbox: false, contextIsolation: true, nodeIntegration: false, backgroundThrottling: false },
  })
  await window.loadURL(`app://demo/${file}`)
  return window
}

function fail(reason: string): void {
  console.error(reason)
  app.exit(1)
}
