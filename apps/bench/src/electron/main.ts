// The main process: opens two windows, and has the first one measure what the order says.
import { dirname, join } from 'node:path'
import { createBroker, registerAppScheme } from '@shared-channel/electron/main'
import { app, BrowserWindow, ipcMain, MessageChannelMain } from 'electron'
import { ORDER_VARIABLE, type Order, PAGES, PLUGIN_NAMES } from './order.ts'

const FRAME_RING = 64 << 20

const order: Order = JSON.parse(process.env[ORDER_VARIABLE] as string)

registerAppScheme(join(__dirname, 'pages'))
app.on('window-all-closed', () => {}) // ends below
measure().then(
  (outcome) => {
    process.stdout.write(JSON.stringify(outcome)) // a pipe, which on Linux is written at once
    app.exit()
  },
  (error) => {
    console.error(error)
    app.exit(1)
  },
)

async function measure(): Promise<unknown> {
  const { capacity, plugins } = order
  const rings = { sendCapacity: capacity, receiveCapacity: capacity }
  const broker = createBroker({
    plugins: {
      measure: { path: plugins.measure, isolation: 'renderer', ...rings },
      camera: { path: plugins.camera, isolation: 'renderer', receiveCapacity: FRAME_RING },
    },
    folders: PLUGIN_NAMES.map((name) => dirname(plugins[name])),
  })
  ipcMain.handle('echo', (_event, payload) => payload)
  await app.whenReady()
  const isSeen = order.job === 'frames' // what is not seen is not drawn
  const [measuring, serving] = [await openWindow(isSeen), await openWindow(false)]
  const { port1, port2 } = new MessageChannelMain()
  measuring.webContents.postMessage('port', null, [port1])
  serving.webContents.postMessage('port', null, [port2])
  broker.connect(measuring, serving, { name: PAGES, capacity })
  await serving.webContents.executeJavaScript(`serve(${JSON.stringify(order.job)})`)
  return measuring.webContents.executeJavaScript(`measure(${JSON.stringify(order)})`)
}

async function openWindow(show: boolean): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    show,
    webPreferences: { preload: join(__dirname, 'preload.cjs'), sandbox: false, backgroundThrottling: false },
  })
  await window.loadURL('app://bench/page.html')
  return window
}
