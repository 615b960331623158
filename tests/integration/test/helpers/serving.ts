// Plugins that are served by a process of their own, children/serve.ts, over channels of this one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type ChannelOptions, type Protocol, SharedChannel } from '@shared-channel/core'
import { type CreateChannelOptions, createChannel } from '@shared-channel/native'
import type { ServePluginOptions } from '@shared-channel/native/host'
import { pluginPath } from '@shared-channel/test-plugins'
import { onTestFinished } from 'vitest'
import { childPath } from './child.ts'

/** What children/serve.ts says. */
export interface Said {
  readonly info?: { name: string; version: string; abi: string }
  readonly path?: string
  readonly log?: string
  readonly error?: { code: string; message: string }
  readonly refused?: { code: string; message: string }
  /** Why; null for no reason. */
  readonly ended?: { code: string; message: string } | null
  readonly stopped?: boolean
}

export interface Program {
  readonly child: ChildProcess
  /** All that it has said so far. */
  readonly said: Said[]
  /** When it has ended and everything is said. */
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Starts children/<name>.ts; what it says is JSON, a line each. Killed when the test ends. */
export function startProgram(name: string, args: string[]): Program {
  const child = spawn(process.execPath, ['--no-concurrent-recompilation', childPath(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const said: Said[] = []
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Said))
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { child, said, exit }
}

/** A channel to a test plugin that another process serves. Closed when the test ends. */
export function serve<P extends Protocol>(
  plugin: string,
  protocol: P,
  options: CreateChannelOptions & ChannelOptions & { serving?: ServePluginOptions } = {},
): { channel: SharedChannel<P>; handle: string; server: Program } {
  const { link, handle } = createChannel(options)
  const channel = new SharedChannel(link, protocol, options)
  onTestFinished(async () => void (await channel.close({ discard: true })))
  const path = plugin.startsWith('/') ? plugin : pluginPath(plugin)
  return { channel, handle, server: startProgram('serve', [handle, path, JSON.stringify(options.serving ?? {})]) }
}
