import { describe, expect, it, vi } from 'vitest'
import { reportUncaught } from '../src/host.ts'

/** The module as a host without `setImmediate` (a page) gets it. */
async function importAsPage(): Promise<typeof import('../src/host.ts')> {
  vi.stubGlobal('setImmediate', undefined)
  vi.resetModules()
  return import('../src/host.ts')
}

describe('afterOtherEvents', () => {
  it.each([
    ['with setImmediate', () => import('../src/host.ts')],
    ['without it', importAsPage],
  ])('calls in order, after timers had their turn, %s', async (_, load) => {
    const { afterOtherEvents } = await load()
    const calls: string[] = []
    const loop = (count: number) => {
      calls.push(`turn ${count}`)
      if (!calls.includes('timer')) afterOtherEvents(() => loop(count + 1))
    }
    const done = new Promise<void>((resolve) => {
      setTimeout(() => {
        calls.push('timer')
        resolve()
      }, 1)
    })
    afterOtherEvents(() => loop(1))
    afterOtherEvents(() => calls.push('second'))
    expect(calls).toEqual([])
    await done
    expect(calls.slice(0, 2)).toEqual(['turn 1', 'second'])
    expect(calls.length).toBeGreaterThan(2)
  })
})

describe('reportUncaught', () => {
  it('hands errors to reportError where the host has it', () => {
    const reportError = vi.fn()
    vi.stubGlobal('reportError', reportError)
    const error = new Error('lost')
    reportUncaught(error)
    expect(reportError).toHaveBeenCalledExactlyOnceWith(error)
  })

  it('hands them to the console elsewhere', () => {
    vi.stubGlobal('reportError', undefined)
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const error = new Error('lost')
    reportUncaught(error)
    expect(log).toHaveBeenCalledExactlyOnceWith(error)
  })
})
