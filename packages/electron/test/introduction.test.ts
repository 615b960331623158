// Two ends make a channel between them over a port; one of them may be a page that says anything.
import { MessageChannel } from 'node:worker_threads'
import { SharedChannelError } from '@shared-channel/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { LinkRole } from '../src/shared/frame-messages.ts'
import { introduce, type LinkMaker, type Said } from '../src/shared/introduction.ts'
import { pipeOf } from '../src/shared/port.ts'
import { failure, turn, until } from './helpers/ends.ts'

const roleOf = (role: LinkRole['role']): LinkRole => ({
  role,
  sendCapacity: 4096,
  receiveCapacity: 4096,
})

/** Makes texts instead of links, and tells what became of them. */
function makerOf(isNative = true) {
  const close = vi.fn()
  const maker: LinkMaker<string> = {
    isNative,
    create: vi.fn(() => ({ made: 'created', handle: 'the handle', close })),
    open: vi.fn((handle) => `opened by ${handle}`),
    overPort: vi.fn((side) => `side ${side} over the port`),
  }
  return { maker, close }
}

function ports() {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  return { port1, port2 }
}

/** One end, and a bare port at the other, with what it hears. */
function facing(role: LinkRole['role'], isNative = true) {
  const { port1, port2 } = ports()
  const { maker, close } = makerOf(isNative)
  const heard: Said[] = []
  port2.on('message', (said: Said) => heard.push(said))
  const made = introduce(pipeOf<Said>(port1), roleOf(role), maker)
  made.catch(() => {})
  return { maker, close, made, heard, say: (said: unknown) => port2.postMessage(said), leave: () => port2.close() }
}

describe('two ends', () => {
  it.each([
    [true, true, ['created', 'opened by the handle']],
    [true, false, ['side 0 over the port', 'side 1 over the port']],
    [false, true, ['side 0 over the port', 'side 1 over the port']],
    [false, false, ['side 0 over the port', 'side 1 over the port']],
  ])('share memory where both can map it: maker %s, opener %s', async (maker, opener, expected) => {
    const { port1, port2 } = ports()
    const made = [
      introduce(pipeOf<Said>(port1), roleOf('maker'), makerOf(maker).maker),
      introduce(pipeOf<Said>(port2), roleOf('opener'), makerOf(opener).maker),
    ]
    expect(await Promise.all(made)).toEqual(expected)
  })

  it('both hear why one of them could not, and nothing is left', async () => {
    const { port1, port2 } = ports()
    const { maker, close } = makerOf()
    const opener = makerOf().maker
    vi.mocked(opener.open).mockImplementation(() => {
      throw new SharedChannelError('OUT_OF_MEMORY', 'There is no memory.')
    })
    const made = [
      introduce(pipeOf<Said>(port1), roleOf('maker'), maker),
      introduce(pipeOf<Said>(port2), roleOf('opener'), opener),
    ]
    const reason = failure('OUT_OF_MEMORY', 'There is no memory.')
    expect(await Promise.allSettled(made)).toMatchObject([{ reason }, { reason }])
    expect(close).toHaveBeenCalledOnce()
  })
})

describe('a maker', () => {
  it('makes one channel, however often it is asked', async () => {
    const { maker, made, heard, say } = facing('maker')
    for (const isNative of [true, true, false]) say({ said: 'ready', isNative })
    await until(() => heard.length > 0)
    await turn()
    expect(heard).toEqual([{ said: 'handle', handle: 'the handle' }])
    expect(maker.create).toHaveBeenCalledOnce()
    expect(maker.overPort).not.toHaveBeenCalled()
    say({ said: 'opened' })
    expect(await made).toBe('created')
  })

  it('lets go by what is for an opener, and what is nothing', async () => {
    const { maker, made, heard, say } = facing('maker')
    const garbage = [
      { said: 'handle', handle: 'of theirs' },
      { said: 'copy' },
      { said: 'opened' },
      { said: 'toString' },
    ]
    for (const said of [...garbage, {}, [], { said: 7 }]) say(said)
    say({ said: 'ready', isNative: true })
    await until(() => heard.length > 0)
    expect(heard).toEqual([{ said: 'handle', handle: 'the handle' }])
    expect(maker.open).not.toHaveBeenCalled()
    expect(maker.overPort).not.toHaveBeenCalled()
    say({ said: 'opened' })
    expect(await made).toBe('created')
  })

  it('closes what it has made when the other end goes away first', async () => {
    const { close, made, heard, say, leave } = facing('maker')
    say({ said: 'ready', isNative: true })
    await until(() => heard.length > 0)
    leave()
    await expect(made).rejects.toEqual(failure('PEER_LOST'))
    expect(close).toHaveBeenCalledOnce()
  })
})

describe('an opener', () => {
  it('lets go by what is for a maker', async () => {
    const { maker, made, heard, say } = facing('opener')
    await until(() => heard.length > 0)
    expect(heard).toEqual([{ said: 'ready', isNative: true }])
    say({ said: 'ready', isNative: true })
    say({ said: 'opened' })
    say({ said: 'handle', handle: 'the handle' })
    expect(await made).toBe('opened by the handle')
    expect(maker.create).not.toHaveBeenCalled()
  })
})
