import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }
const ISOLATING = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Serves the files of a folder to this machine, isolated, so that pages and their workers can share memory. */
export async function serve(folder: string): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer(async ({ url = '' }, response) => {
    const name = basename(url)
    try {
      const content = await readFile(join(folder, name))
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)], ...ISOLATING }).end(content)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
