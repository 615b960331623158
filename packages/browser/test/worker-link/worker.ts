// The other side of worker links: a Web Worker.
import { flip, type Link, SharedChannel, serveLink } from '@shared-channel/core'
import { Checksum, pattern } from '../helpers/checksum.ts'
import { Work } from './work.ts'

function work(link: Link, { name }: { readonly name: string }): void {
  const channel = new SharedChannel(link, flip(Work))
  const checksum = new Checksum()
  let parts = 0
  let partsCame: (() => void) | undefined
  channel.on('data', (data) => {
    checksum.add(data)
    parts++
    partsCame?.()
  })
  channel.handle('double', (value) => 2 * value)
  channel.handle('your name', () => name)
  channel.handle('exchange', async ({ parts: count, size }) => {
    for (let i = 0; i < count; i++) if (!channel.send('data', pattern(size, i))) await channel.ready
    await new Promise<void>((resolve) => {
      partsCame = () => parts === count && resolve()
      partsCame()
    })
    return checksum.text
  })
  channel.on('order', (order) => {
    if (order === 'close') self.close()
    else throw new Error('nobody catches this')
  })
  void channel.closed.then(({ reason }) => self.postMessage(`closed: ${reason?.code ?? 'in order'}`))
}

// When it serves late, what was asked before is lost.
if (self.name === 'late') self.addEventListener('message', () => serveLink(work), { once: true })
else serveLink(work)
