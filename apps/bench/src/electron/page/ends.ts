// What this page is connected with.
import type { Link } from '@shared-channel/core'
import { onLink } from '@shared-channel/electron/renderer'
import { type Machine, PAGES } from '../order.ts'

declare global {
  /** From the preload. */
  var machine: Machine
}

/** Our link to the other page; one channel. */
export const otherPage = new Promise<Link>((resolve) => onLink(PAGES, resolve))

/** The port to the other page. Not started. */
export const port = new Promise<MessagePort>((resolve) => {
  addEventListener('message', ({ data, ports: [port] }) => {
    if (data === 'port' && port !== undefined) resolve(port)
  })
})
