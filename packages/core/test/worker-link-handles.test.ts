// Links leave nothing behind: run in a process of its own, whose handles and memory are nobody else's.
import { expect, it } from 'vitest'
import { forkProgram, once, programPath } from './helpers/programs.ts'

it.each(['closed here', 'closed there', 'terminated', 'given up', 'refused'])(
  '200 links that are %s leave no handles, no listeners, and no memory',
  async (how) => {
    const child = await forkProgram('link-counter', [how, await programPath('link-worker')], {
      execArgv: ['--expose-gc'],
    })
    const result = once(child, 'message')
    expect(await once(child, 'exit')).toBe(0)
    expect(await result).toEqual({ handles: [], listeners: 0, collected: true })
  },
  60_000,
)
