// The script of all workers.
import { serveLink } from '@shared-channel/core'
import { type PostingPort, tallyOverPort } from '../../port-counterpart.ts'
import { tallyOver } from '../../processes/tallying-channel.ts'
import { sendLevels } from './levels.ts'
import type { Role } from './workers.ts'

declare const self: PostingPort & { readonly name: string }

const START: Readonly<Record<Role, () => void>> = {
  channel: () => serveLink(tallyOver),
  postMessage: () => {
    const received = tallyOverPort(self)
    self.onmessage = ({ data }) => received(data)
  },
  levels: () => serveLink(sendLevels),
}

START[self.name as Role]()
