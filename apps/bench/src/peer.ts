// The other process of src/processes: peer.js <role> <address>.
import { serveChildProcess } from './processes/child-process.ts'
import type { PeerRole } from './processes/counterpart.ts'
import { serveHandOver } from './processes/hand-over.ts'
import { serveOurs } from './processes/ours.ts'
import { serveUnixSocket } from './processes/unix-socket.ts'
import { serveZeroMq } from './processes/zeromq.ts'

const SERVERS: Readonly<Record<PeerRole, (address: string) => unknown>> = {
  ours: serveOurs,
  child_process: serveChildProcess,
  'unix-socket': serveUnixSocket,
  zeromq: serveZeroMq,
  'hand-over': serveHandOver,
}

const [role, address = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit()) // it lives as long as who started it
await SERVERS[role as PeerRole](address)
