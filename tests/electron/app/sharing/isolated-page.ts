// A page with COOP and COEP, which files cannot carry: from a scheme of the app.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserWindow, protocol } from 'electron'

const SCHEME = 'isolated'

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }])
}

/** When the app is ready. */
export function serveScheme(): void {
  // `handle`, which replaces this, came with Electron 25.
  protocol.registerBufferProtocol(SCHEME, (_request, callback) => {
    callback({
      data: readFileSync(join(__dirname, '../app/page.html')),
      mimeType: 'text/html',
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    })
  })
}

export function loadIsolatedPage(window: BrowserWindow): void {
  void window.loadURL(`${SCHEME}://app/page.html`)
}
