// The other process of src/processes: peer.js <transport> <address>.
import { serveChildProcess } from './processes/child-process.ts'
import type { Transport } from './processes/counterpart.ts'
import { serveOurs } from './processes/ours.ts'
import { serveUnixSocket } from './processes/unix-socket.ts'
import { serveZeroMq } from './processes/zeromq.ts'

const SERVERS: Readonly<Record<Transport, (address: string) => unknown>> = {
  ours: serveOurs,
  child_process: serveChildProcess,
  'unix-socket': serveUnixSocket,
  zeromq: serveZeroMq,
}

const [transport, address = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit()) // it lives as long as who started it
await SERVERS[transport as Transport](address)
