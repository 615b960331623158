import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkReport, secondsSince } from '../counterpart.ts'
import { endPeer, failureOf, startPeer } from './counterpart.ts'
import { type ProcessCounterpart, type Report, Tally } from './tally.ts'

/** In front of each message: its length and what it is. */
const HEAD = 8
const DATA = 0
const REPORT = 1
const ECHO = 2

/** A Unix domain socket with a length in front of each message. */
export async function openUnixSocket(): Promise<ProcessCounterpart> {
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-bench-'))
  const path = join(folder, 'socket')
  const server = createServer()
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const child = startPeer('unix-socket', path)
  const failed = failureOf(child)
  const socket = await Promise.race([connected, failed])
  let answered: (answer: Buffer) => void = () => {}
  readFrames(socket, (_, payload) => answered(payload))
  const answer = () =>
    Promise.race([
      new Promise<Buffer>((resolve) => {
        answered = resolve
      }),
      failed,
    ])
  return {
    async send(payload, messages) {
      const message = frame(DATA, payload)
      const start = performance.now()
      for (let i = 0; i < messages; i++) {
        if (!socket.write(message)) await new Promise((resolve) => socket.once('drain', resolve))
      }
      const reported = answer()
      socket.write(frame(REPORT, new Uint8Array(0)))
      const { count, sum } = JSON.parse((await reported).toString()) as Report
      const seconds = secondsSince(start)
      checkReport(payload, messages, count, sum)
      return seconds
    },
    echo(payload) {
      const echoed = answer()
      socket.write(frame(ECHO, payload))
      return echoed
    },
    async close() {
      socket.destroy()
      server.close()
      await endPeer(child)
      rmSync(folder, { recursive: true })
    },
  }
}

/** The other process. */
export function serveUnixSocket(path: string): void {
  const tally = new Tally()
  const socket = connect(path)
  readFrames(socket, (kind, payload) => {
    if (kind === DATA) tally.add(payload)
    else socket.write(frame(kind, kind === ECHO ? payload : Buffer.from(JSON.stringify(tally.report()))))
  })
}

function frame(kind: number, payload: Uint8Array): Buffer {
  const message = Buffer.alloc(HEAD + payload.length)
  message.writeUInt32LE(payload.length, 0)
  message.writeUInt32LE(kind, 4)
  message.set(payload, HEAD)
  return message
}

function readFrames(socket: Socket, take: (kind: number, payload: Buffer) => void): void {
  /** What has come of a message that is not whole yet; only long messages are put together of more than two parts. */
  let parts: Buffer[] = []
  let length = 0
  socket.on('data', (chunk: Buffer) => {
    parts.push(chunk)
    length += chunk.length
    if (length < wanted(parts[0] as Buffer)) return
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts)
    while (rest.length >= wanted(rest)) {
      const end = wanted(rest)
      take(rest.readUInt32LE(4), rest.subarray(HEAD, end))
      rest = rest.subarray(end)
    }
    parts = rest.length > 0 ? [rest] : []
    length = rest.length
  })
}

/** How many bytes there must be for the first message to be whole. */
const wanted = (bytes: Buffer): number => (bytes.length < HEAD ? Infinity : HEAD + bytes.readUInt32LE(0))
