import { describe, expect, it, vi } from 'vitest'
import { defaultReceiveBudget, reportUncaught } from '../src/host.ts'

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

describe('defaultReceiveBudget', () => {
  it('is 10 ms in Node and its workers', () => {
    expect(defaultReceiveBudget()).toBe(10)
  })

  it('is 4 ms in a page, which also paints, and in its preload', () => {
    vi.stubGlobal('document', {})
    expect(defaultReceiveBudget()).toBe(4)
  })

  it('is 4 ms in Electron’s main process, which serves all windows, and 10 ms in its others', () => {
    vi.stubGlobal('process', { ...process, type: 'browser' })
    expect(defaultReceiveBudget()).toBe(4)
    vi.stubGlobal('process', { ...process, type: 'utility' })
    expect(defaultReceiveBudget()).toBe(10)
  })

  it('is 10 ms in a worker of a page, where there is no process', () => {
    vi.stubGlobal('process', undefined)
    expect(defaultReceiveBudget()).toBe(10)
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
