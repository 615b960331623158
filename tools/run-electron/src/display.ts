// Where Electron opens its windows.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LeftOut } from './find-electron.ts'

export interface Display {
  /** For the environment variable DISPLAY. */
  readonly name: string
  close(): void
}

/**
 * The display that is there already, else one that nobody sees.
 *
 * @throws LeftOut when there is neither.
 */
export async function openDisplay(): Promise<Display> {
  const { DISPLAY } = process.env
  if (DISPLAY) return { name: DISPLAY, close: () => {} }
  // Xvfb takes the first free number and writes it to descriptor 3. Without -noreset it starts anew when its last client
  // leaves, and refuses whoever comes meanwhile: the next window of a test.
  const server = spawn('Xvfb', ['-displayfd', '3', '-noreset', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  server.stderr?.on('data', (text) => {
    complaints += text
  })
  const number = once(server.stdio[3] as NodeJS.ReadableStream, 'data')
  const over = once(server, 'exit').then(() => {
    throw new Error(`Xvfb ended before it had a display: ${complaints}`)
  })
  try {
    const [text] = await Promise.race([number, over])
    over.catch(() => {}) // it ends with `close`
    return { name: `:${String(text).trim()}`, close: () => server.kill() }
  } catch (error) {
    over.catch(() => {})
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new LeftOut('there is no display and no Xvfb. On Debian: apt-get install xvfb')
  }
}
