import type { ChildProcess } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'

describe('a process with open channels', () => {
  it.each([
    ['process.exit', 7, ''],
    ['while closing', 7, ''],
    ['with workers', 7, ''],
    ['uncaught exception', 1, 'nobody catches this'],
    ['unhandled rejection', 1, 'nobody catches this'],
    ['nothing left to do', 0, ''],
  ])('ends as it should: %s', async (how, code, reason) => {
    for (let i = 0; i < 3; i++) {
      const result = await runChild('exit', [how])
      expect(result).toMatchObject({ code, signal: null, stdout: 'open\n', stderr: expect.stringContaining(reason) })
      expect(result.stderr).not.toContain('PLUGIN_ERROR')
    }
  })

  it.each([
    ['handler', 'held\n'],
    ['loop', 'held\n'],
    ['no channel', ''],
    ['nobody', ''],
    ['handler for a while', ''],
    ['handler, then closed', ''],
    ['nobody, but messages wait', 'held\n'],
  ])('is kept alive by who listens: %s', async (listens, stdout) => {
    expect(await runChild('keep-alive', [listens])).toMatchObject({ stdout, stderr: '', code: stdout === '' ? 0 : 3 })
  })
})

describe.each([
  'opening',
  'open',
  'messages wait',
  'sendDirect waits',
  'a slot is open',
  'in a handler',
  'in a loop',
  'closing',
  'closed',
  'failed',
])('a process whose channel is in the state "%s"', (state) => {
  it.each([
    ['process.exit', 7, null],
    ['uncaught exception', 1, null],
    ['nothing left to do', 0, null],
    ['SIGTERM', null, 'SIGTERM'],
  ])('ends as it should: %s', async (how, code, signal) => {
    const started = (child: ChildProcess) =>
      child.stdout?.once('data', () => {
        if (how === 'SIGTERM') child.kill('SIGTERM')
      })
    const result = await runChild('exit-in-state', [state, how], { started })
    expect(result, result.stderr).toMatchObject({ code, signal, stdout: 'there\n' })
    expect(result.stderr).not.toContain('PLUGIN_ERROR')
    if (how === 'uncaught exception') expect(result.stderr).toContain('nobody catches this')
    else expect(result.stderr).toBe('')
  })
})
