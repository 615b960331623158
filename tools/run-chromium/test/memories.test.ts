import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Memories } from '../src/memories.ts'

setFlagsFromString('--expose-gc')

it('counts the memories that somebody still holds, and no others', async () => {
  const { Memory } = WebAssembly
  onTestFinished(() => {
    WebAssembly.Memory = Memory
  })
  vi.stubGlobal('gc', runInNewContext('gc'))
  const memories = new Memories()
  const make = () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const held = [make()]
  make()

  expect(memories.made).toBe(2)
  await expect.poll(() => memories.collect()).toBe(2) // one, and its buffer
  expect(held.pop()).toBeDefined()
  await memories.waitForNone()
})
