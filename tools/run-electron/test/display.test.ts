import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openDisplay } from '../src/display.ts'

/** The beginning of the X protocol: little-endian, version 11.0, no authorization. */
const HELLO = Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const ACCEPTED = 1

/** A client that is gone as soon as it was let in. Returns the server's first byte, or nothing when it was refused. */
function visit(socket: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const client = connect(socket, () => client.write(HELLO))
    client.once('data', (answer) => {
      client.destroy()
      resolve(answer[0])
    })
    client.once('error', () => resolve(undefined))
    client.once('close', () => resolve(undefined))
  })
}

const hasXvfb = existsSync('/usr/bin/Xvfb')
if (!hasXvfb) console.error('run-electron: left out the test of the display: there is no Xvfb')

it.skipIf(!hasXvfb)('lets everyone in, also right after the last client has left', async () => {
  vi.stubEnv('DISPLAY', '')
  const display = await openDisplay()
  onTestFinished(() => display.close())
  const socket = `/tmp/.X11-unix/X${display.name.slice(1)}`
  for (let client = 0; client < 200; client++) expect(await visit(socket)).toBe(ACCEPTED)
})

it('takes the display that is there', async () => {
  vi.stubEnv('DISPLAY', ':7')
  expect((await openDisplay()).name).toBe(':7')
})
