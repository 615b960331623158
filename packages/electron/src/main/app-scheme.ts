// Pages of the application from a scheme of its own: files have no origin of theirs and cannot carry COOP and COEP.
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { SharedChannelError } from '@shared-channel/core'
import { app, protocol, type Session } from 'electron'

const schemes = new Set<string>()

/** Whether a page is of a scheme that `registerAppScheme` has registered. */
export const isAppOrigin = (origin: string): boolean => schemes.has(origin.slice(0, origin.indexOf(':')))

export interface AppSchemeOptions {
  /** Without the colon. Default `'app'`. */
  scheme?: string
  /** The session that serves the pages. Default: the default session. */
  session?: Session
}

/**
 * Serves the files of a folder as pages of a privileged scheme: `app://app/index.html`. To be called before the app is ready.
 *
 * @param folder Absolute path. Nothing outside of it is served, also not through links.
 * @throws SharedChannelError `INVALID_ARGUMENT` when the app is ready already.
 * @example
 * registerAppScheme(join(__dirname, 'page'))
 * app.whenReady().then(() => new BrowserWindow().loadURL('app://app/index.html'))
 */
export function registerAppScheme(folder: string, options: AppSchemeOptions = {}): void {
  const { scheme = 'app' } = options
  if (app.isReady()) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      'registerAppScheme must be called before the app is ready: at the top of the main file, not in whenReady().then.',
    )
  }
  schemes.add(scheme)
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
  void app.whenReady().then(() => serve(options.session?.protocol ?? protocol, scheme, folder))
}

function serve(handler: Electron.Protocol, scheme: string, folder: string): void {
  // `handle` came with Electron 25 and has replaced the other.
  if (typeof handler.handle === 'function') {
    handler.handle(scheme, async ({ url }) => {
      const { status, type, body } = await answer(url, folder)
      return new Response(new Uint8Array(body), { status, headers: { 'Content-Type': type } })
    })
  } else {
    handler.registerBufferProtocol(scheme, ({ url }, respond) => {
      void answer(url, folder).then(({ status, type, body }) =>
        respond({ statusCode: status, headers: { 'Content-Type': type }, data: body }),
      )
    })
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

async function answer(url: string, folder: string): Promise<Answer> {
  try {
    const path = decodeURIComponent(new URL(url).pathname)
    const root = await realpath(folder)
    const file = await realpath(join(root, path.endsWith('/') ? `${path}index.html` : path))
    if (!file.startsWith(root + sep)) throw new Error('outside')
    return { status: 200, type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(file) }
  } catch {
    return { status: 404, type: 'text/plain', body: Buffer.from('There is no such file.') }
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/**
 * Adds COOP and COEP to the pages of the session, so that they are cross-origin isolated: they have SharedArrayBuffer, for Web
 * Workers. Pages then load nothing from elsewhere that does not allow it. Shared Channel needs none of this.
 *
 * @param session Whose pages; once. Electron has one handler of headers for a session: one of your own replaces this.
 * @example
 * app.whenReady().then(() => isolationHeaders(session.defaultSession))
 */
export function isolationHeaders(session: Session): void {
  session.webRequest.onHeadersReceived(({ responseHeaders }, respond) => {
    respond({
      responseHeaders: {
        ...responseHeaders,
        'Cross-Origin-Opener-Policy': ['same-origin'],
        'Cross-Origin-Embedder-Policy': ['require-corp'],
      },
    })
  })
}
