import type { Link } from '@shared-channel/core'

/** The link, whose owner hears when it has closed, once. */
export function watchLink(link: Link, closed: () => void): Link {
  let closing: Promise<void> | undefined
  return {
    get memory() {
      return link.memory
    },
    side: link.side,
    wakePeer: () => link.wakePeer(),
    listen: (listener) => link.listen(listener),
    ref: () => link.ref(),
    unref: () => link.unref(),
    stop: () => link.stop(),
    close: () => {
      closing ??= link.close().then(closed)
      return closing
    },
  }
}
