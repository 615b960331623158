// A Chromium without windows, whose renderers carry the library that maps segments over a page's memory.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { DevTools } from './devtools.ts'
import { Page } from './page.ts'
import { Renderers } from './renderers.ts'
import { serve } from './web-server.ts'

const SWITCHES = [
  '--headless',
  '--no-sandbox', // the operating system's, which would keep the library from its test. V8's is another one.
  '--no-zygote', // a renderer that is forked from the zygote would never load the library
  '--disable-gpu',
  '--disable-breakpad',
  '--disable-background-networking',
  '--no-first-run',
  '--remote-debugging-pipe',
]

const LONGEST_END = 15_000

export const LIBRARY = fileURLToPath(new URL('build/Release/renderer_library.so', import.meta.url))

export interface Browser {
  readonly devTools: DevTools
  readonly renderers: Renderers
  /** @param isolated Whether the page is served with COOP and COEP. */
  openPage(isolated: boolean): Promise<Page>
  /** Ends it, all its processes included. */
  close(): Promise<void>
}

export async function startBrowser(executable: string): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-cage-'))
  const socket = join(folder, 'socket')
  const renderers = await Renderers.listen(socket)
  const { server, origin } = await serve()
  const child = spawn(executable, [...SWITCHES, `--user-data-dir=${join(folder, 'profile')}`], {
    detached: true, // a process group, for `killAll`
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, LD_PRELOAD: LIBRARY, SHARED_CHANNEL_CAGE_SOCKET: socket },
  })
  const devTools = new DevTools(child.stdio[3] as Writable, child.stdio[4] as Readable)
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  // Comes when no process holds the pipes any more.
  const ended = once(child, 'close')
  const close = async () => {
    const timer = setTimeout(() => killAll(child), LONGEST_END)
    try {
      devTools.send('Browser.close').catch(() => {}) // the end may come before the answer
      const [code, signal] = await ended
      if (code !== 0) throw new Error(`the browser ended with ${code ?? signal}\n${complaints}`)
    } finally {
      clearTimeout(timer)
      renderers.close()
      server.close()
      rmSync(folder, { recursive: true })
    }
  }
  // With it come the events of crashes.
  await devTools.send('Target.setDiscoverTargets', { discover: true }).catch(async (error) => {
    await close()
    throw error
  })
  return {
    devTools,
    renderers,
    openPage: (isolated) => Page.open(devTools, `${origin}/${isolated ? 'isolated' : 'plain'}/index.html`),
    close,
  }
}

function killAll(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
}
