// One end of a channel over a port at which nobody listens: the thread has nothing to wait for.
import { workerData } from 'node:worker_threads'
import { SharedChannel } from '@shared-channel/core'
import { portLink } from '../../src/shared/port-link.ts'
import { Counted } from '../helpers/counting.ts'

const { port, side, options } = workerData
const { capacity } = options
new SharedChannel(portLink(port, { side, sendCapacity: capacity, receiveCapacity: capacity }), Counted)
