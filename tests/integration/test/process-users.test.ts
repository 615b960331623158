// Who may open whose memory, seen from JavaScript. Only root can become other users; tests/cpp has what an ordinary user can try.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { childPath, runChild } from './helpers/child.ts'

const NOBODY = 65534
const SOMEBODY_ELSE = 65533

interface Owner {
  readonly process: ChildProcess
  readonly reason?: string
  readonly handles: [buffer: string, channel: string]
}

async function startOwner(user?: number): Promise<Owner> {
  const owner = fork(childPath('protected-owner'), user === undefined ? [] : [`${user}`])
  onTestFinished(async () => {
    if (owner.exitCode !== null || owner.signalCode !== null) return
    owner.disconnect() // so that it takes with it what it has by name
    await once(owner, 'exit')
  })
  const [{ reason, handles }] = await once(owner, 'message')
  return { process: owner, reason, handles }
}

/** What a process of this user gets, line by line. */
async function openAs(user: number, trust: 'trusted' | 'untrusted', owner: Owner): Promise<string[]> {
  const args = [`${user}`, trust, ...owner.handles]
  const { code, signal, stdout, stderr } = await runChild('open-as-user', args, {
    started: (child) => {
      // When the channel has answered, its owner is killed.
      child.stdout?.on('data', (said) => String(said).includes('HELLO') && owner.process.kill('SIGKILL'))
    },
  })
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  return stdout.trim().split('\n')
}

const filesOf = ({ pid }: ChildProcess) =>
  readdirSync('/dev/shm').filter((name) => name.startsWith(`shared-channel-${pid}-`))

describe.runIf(process.getuid?.() === 0)('as root, who can become other users', () => {
  it('another user is told NOT_SUPPORTED, whether it trusts the owner or not', async () => {
    const owner = await startOwner()
    for (const trust of ['untrusted', 'trusted'] as const) {
      expect(await openAs(NOBODY, trust, owner)).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED'])
    }
  })

  it('a protected owner says that others need to trust it; those who do share its memory, and hear of its end', async () => {
    const owner = await startOwner(NOBODY)
    expect(owner.reason).toMatch(/trusted: true/)
    expect(filesOf(owner.process)).toHaveLength(2)
    expect(await openAs(NOBODY, 'untrusted', owner)).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED'])
    expect(await openAs(SOMEBODY_ELSE, 'trusted', owner)).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED'])
    expect(await openAs(NOBODY, 'trusted', owner)).toEqual(['1111111111', 'HELLO', 'PEER_LOST'])
  })

  it('what a killed owner has left by name, the next one removes', async () => {
    const killed = await startOwner(NOBODY)
    const left = filesOf(killed.process)
    killed.process.kill('SIGKILL')
    await once(killed.process, 'exit')
    expect(left.every((name) => existsSync(`/dev/shm/${name}`))).toBe(true)
    const next = await startOwner(NOBODY)
    expect(left.some((name) => existsSync(`/dev/shm/${name}`))).toBe(false)
    expect(filesOf(next.process)).toHaveLength(2)
    next.process.disconnect()
    await once(next.process, 'exit')
    expect(filesOf(next.process)).toEqual([])
  })
})
