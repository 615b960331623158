// What test and children/buffer-receiver.ts say to each other.
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { type BufferKind, defineProtocol } from '@shared-channel/core'
import { onTestFinished } from 'vitest'
import { childPath, NODE_FLAGS } from './child.ts'

/** With a post: what its receiver does. */
export interface BufferOrder {
  readonly kind?: BufferKind
  readonly act: 'read' | 'write' | 'release' | 'drop'
  readonly at?: number
  readonly value?: number
}

/** What it saw. */
export interface Seen {
  readonly size: number
  /** The byte at `at`, before it did anything, and after. */
  readonly before: number
  readonly after?: number
  readonly buffer?: string
  /** Of the buffer after its release, and what a new view throws. */
  readonly byteLength?: number
  readonly thrown?: string
}

/** A channel that carries nothing but posts. */
export const Posts = defineProtocol({})

/** The receiver, in a process of its own. Killed when the test ends. */
export function startReceiver(args: string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = fork(childPath('buffer-receiver'), args, {
    execArgv: NODE_FLAGS,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  keepMessages(child)
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

/** The next thing that it says. */
export async function seenBy(child: ChildProcess): Promise<Seen> {
  for (;;) {
    const { value } = (await messagesOf.get(child)?.next()) ?? {}
    const [message] = value as [unknown]
    if (typeof message === 'object' && message !== null && 'before' in message) return message as Seen
  }
}

/** All that came since the process started, and how it ended. */
const messagesOf = new WeakMap<ChildProcess, AsyncIterableIterator<unknown[]>>()

function keepMessages(child: ChildProcess): void {
  const ended = new AbortController()
  messagesOf.set(child, on(child, 'message', { signal: ended.signal }) as AsyncIterableIterator<unknown[]>)
  child.once('exit', (code, signal) => ended.abort(new Error(`the receiver ended with ${code ?? signal}`)))
}
