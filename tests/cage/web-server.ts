// Serves the folder page/: with COOP and COEP below /isolated/, without them below /plain/.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname } from 'node:path'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
const ISOLATING = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export async function serve(): Promise<{ server: Server; origin: string }> {
  const server = createServer(async ({ url = '' }, response) => {
    const name = basename(url)
    try {
      const content = await readFile(new URL(`page/${name}`, import.meta.url))
      const isolating = url.startsWith('/isolated/') ? ISOLATING : {}
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)], ...isolating }).end(content)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
