// The other page.

import { tallyOverPort } from '../../port-counterpart.ts'
import { tallyOver } from '../../processes/tallying-channel.ts'
import type { JobName } from '../order.ts'
import { otherPage, port } from './ends.ts'
import { takeOver, takeOverPort } from './hand-over.ts'
import { filmOverPort } from './port-frames.ts'

/** Resolves when the port is heard. */
export async function serve(job: JobName): Promise<void> {
  const heard = await port
  const over = job === 'hand-over' ? takeOver : tallyOver
  void otherPage.then(over)
  const received =
    job === 'hand-over' ? takeOverPort(heard) : job === 'frames' ? filmOverPort(heard) : tallyOverPort(heard)
  heard.onmessage = ({ data }) => received(data)
}
