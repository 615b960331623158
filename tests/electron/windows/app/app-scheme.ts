// The app's own scheme. Its hosts are origins of their own, with the same pages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { protocol } from 'electron'

const SCHEME = 'app'
/** The host whose pages are cross-origin isolated. */
const ISOLATED = 'isolated'
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript' }
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** When the app is ready. */
export function servePages(): void {
  // `handle`, which replaces this, came with Electron 25.
  protocol.registerBufferProtocol(SCHEME, ({ url }, callback) => {
    const { host, pathname } = new URL(url)
    callback({
      data: readFileSync(join(__dirname, 'pages', pathname)),
      mimeType: TYPES[pathname.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      ...(host === ISOLATED && { headers: ISOLATION }),
    })
  })
}
