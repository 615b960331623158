import { expect, it, vi } from 'vitest'
import { Store } from '../src/store.ts'

it('tells its value at once and whenever it has changed', () => {
  const store = new Store(1)
  const run = vi.fn()
  const leave = store.subscribe(run)
  store.set(2)
  store.set(2)
  expect(run.mock.calls).toEqual([[1], [2]])
  leave()
  store.set(3)
  expect(run).toHaveBeenCalledTimes(2)
  expect(store.get()).toBe(3)
})

it('starts for the first subscriber and stops after the last', () => {
  const stop = vi.fn()
  const start = vi.fn(() => stop)
  const store = new Store('', start)
  expect(store.isWanted).toBe(false)
  const run = () => {}
  const leaves = [store.subscribe(run), store.subscribe(run)] // the same function counts twice
  expect(start).toHaveBeenCalledOnce()
  leaves[0]?.()
  leaves[0]?.() // safe to call twice
  expect(store.isWanted).toBe(true)
  expect(stop).not.toHaveBeenCalled()
  leaves[1]?.()
  expect(stop).toHaveBeenCalledOnce()
  store.subscribe(run)()
  expect(start).toHaveBeenCalledTimes(2)
  expect(stop).toHaveBeenCalledTimes(2)
})

it('gives the first subscriber what starting has set', () => {
  const store = new Store(1, (set) => {
    set(2)
    return () => set(1)
  })
  const run = vi.fn()
  store.subscribe(run)()
  expect(run.mock.calls.at(-1)).toEqual([2])
  expect(store.get()).toBe(1)
})

it('leaves out whoever leaves while others are told, and takes subscribers meanwhile', () => {
  const store = new Store(0)
  const late = vi.fn()
  let leaveSecond = () => {}
  store.subscribe((value) => {
    if (value === 0) return
    leaveSecond()
    store.subscribe(late)
  })
  const second = vi.fn()
  leaveSecond = store.subscribe(second)
  store.set(1)
  expect(second.mock.calls).toEqual([[0]])
  expect(late.mock.calls).toEqual([[1]])
})

it('never tells an older value after a newer one', () => {
  const store = new Store(0)
  store.subscribe((value) => {
    if (value === 1) store.set(2)
  })
  const run = vi.fn()
  store.subscribe(run)
  store.set(1)
  expect(run.mock.calls).toEqual([[0], [2]])
})

it('tells everyone, also when one of them throws', () => {
  const uncaught = vi.spyOn(console, 'error').mockReturnValue()
  const store = new Store(0)
  store.subscribe((value) => {
    if (value === 1) throw new Error('no')
  })
  const run = vi.fn()
  store.subscribe(run)
  store.set(1)
  expect(run.mock.calls).toEqual([[0], [1]])
  expect(uncaught).toHaveBeenCalledWith(new Error('no'))
})

it('works with functions that are taken from it', () => {
  const { get, set, subscribe } = new Store('a')
  const run = vi.fn()
  subscribe(run)
  set('b')
  expect([get(), run.mock.calls]).toEqual(['b', [['a'], ['b']]])
})
