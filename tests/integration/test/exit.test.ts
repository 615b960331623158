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
