import { expect, it } from 'vitest'
import Instrument from '../src/Instrument.svelte'
import { FakePlugin } from './helpers/fake-plugin.ts'
import { fill, find, show, status } from './helpers/shown.ts'
import { until } from './helpers/wait.ts'

const isOpen = () => until(() => status() === 'open')

it('asks for levels, and shows the newest one', async () => {
  const plugin = new FakePlugin()
  show(Instrument, plugin)
  await until(() => plugin.rate === 60)
  plugin.ends[0]?.send('level', 0.25)
  await until(() => find<HTMLMeterElement>('meter').value === 0.25)
  fill('input', '1000')
  await until(() => plugin.rate === 1000)
  fill('input', '-1')
  fill('input', '2000')
  await until(() => plugin.rate !== 1000)
  expect(plugin.rate).toBe(2000)
})

it('checks each byte of a stream', async () => {
  const plugin = new FakePlugin()
  show(Instrument, plugin)
  expect(find<HTMLButtonElement>('button').disabled).toBe(true)
  await isOpen()
  await until(() => !find<HTMLButtonElement>('button').disabled)
  find('button').click()
  await until(() => document.querySelector('output') !== null)
  expect(find('output').className).toBe('right')
  expect(find('output').textContent).toMatch(/^16.8 MB in .* s, every byte right$/)
})

it('is unmounted while it streams, and lets go', async () => {
  const plugin = new FakePlugin()
  const { unmount } = show(Instrument, plugin)
  await until(() => plugin.ends.length === 1 && !find<HTMLButtonElement>('button').disabled)
  find('button').click()
  await unmount()
  await until(() => plugin.open === 0)
})
