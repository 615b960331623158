import type { Link } from '@shared-channel/core'
import { createChannel, openChannel } from '@shared-channel/native'
import type { LinkMaker } from './introduction.ts'
import type { Port } from './port.ts'
import { portLink } from './port-link.ts'

/** Makes links in a process or worker that has the addon: the main process, a utility process, a worker. */
export const nativeLinkMaker = (port: Port, trusted: boolean): LinkMaker<Link> => ({
  isNative: true,
  create: ({ sendCapacity, receiveCapacity }) => {
    const { link, handle } = createChannel({ capacity: sendCapacity, receiveCapacity })
    return { made: link, handle, close: () => void link.close() }
  },
  open: (handle) => openChannel(handle, { trusted }),
  overPort: (side, { sendCapacity, receiveCapacity }) => portLink(port, { side, sendCapacity, receiveCapacity }),
})
