// The tutorial's component: what it did there, it does here.
import { expect, it } from 'vitest'
import SharedBufferTest from '../src/SharedBufferTest.svelte'
import { FakePlugin } from './helpers/fake-plugin.ts'
import { alert, fill, find, show, status } from './helpers/shown.ts'
import { until } from './helpers/wait.ts'

const isOpen = () => until(() => status() === 'open')
const received = () => [...document.querySelectorAll('li')].map(({ textContent }) => textContent)

function send(text: string) {
  fill('[placeholder="Enter message"]', text)
  find('form button').click()
}

async function resize(plugin: FakePlugin, size: number) {
  const before = plugin.ends.length
  fill('input[type=number]', String(size))
  await until(() => plugin.ends.length > before && plugin.open === 1)
  await isOpen()
}

it('sends texts and lists what comes back', async () => {
  const plugin = new FakePlugin()
  const { unmount } = show(SharedBufferTest, plugin)
  expect(status()).toBe('connecting')
  await isOpen()
  send('hello')
  send('world')
  await until(() => received().length === 2)
  expect(received()).toEqual(['HELLO', 'WORLD'])
  expect(find<HTMLInputElement>('[placeholder="Enter message"]').value).toBe('')
  await unmount()
  await until(() => plugin.open === 0)
})

it('opens the channel anew for another buffer size, and keeps the list', async () => {
  const plugin = new FakePlugin()
  show(SharedBufferTest, plugin)
  await isOpen()
  send('small')
  await until(() => received().length === 1)
  await resize(plugin, 1_048_576)
  expect(plugin.options.at(-1)).toMatchObject({ sendCapacity: 1_048_576, receiveCapacity: 1_048_576 })
  send('x'.repeat(1_000_000))
  await until(() => received().length === 2)
  expect(received()[0]).toBe('SMALL')
  await resize(plugin, 64)
  expect(received()).toHaveLength(2)
})

it('says so when a message is longer than the buffer, and goes on', async () => {
  const plugin = new FakePlugin()
  show(SharedBufferTest, plugin)
  await isOpen()
  await resize(plugin, 64)
  send('x'.repeat(100))
  await until(() => alert() !== undefined)
  expect(alert()).toContain('64')
  send('still here')
  await until(() => received().length === 1)
  expect(received()).toEqual(['STILL HERE'])
  expect(alert()).toBe(undefined)
})

it.each(['63', '1048577', '100.5', ''])('leaves the buffer as it is for the size "%s"', async (size) => {
  const plugin = new FakePlugin()
  show(SharedBufferTest, plugin)
  await isOpen()
  fill('input[type=number]', size)
  await until(() => find('input[type=number]').getAttribute('aria-invalid') === 'true')
  send('hello')
  await until(() => received().length === 1)
  expect(plugin.ends).toHaveLength(1)
})

it('says why there is no channel, and sends nothing', async () => {
  show(SharedBufferTest, { connect: () => Promise.reject(new Error('the plugin is away')) })
  expect(find<HTMLButtonElement>('form button').disabled).toBe(true)
  await until(() => status() === 'error')
  expect(alert()).toContain('the plugin is away')
  expect(find<HTMLButtonElement>('form button').disabled).toBe(true)
})
