import { expect, it } from 'vitest'
import App from '../src/App.svelte'
import { FakePlugin } from './helpers/fake-plugin.ts'
import { fill, find, show, statuses } from './helpers/shown.ts'
import { until } from './helpers/wait.ts'

const INSTRUMENT = '[aria-label=Instrument]'
const TOGGLE = 'main > div > button'

const areOpen = () => until(() => statuses().join() === 'open,open')

/** The application, with both channels open. */
async function start() {
  const plugin = new FakePlugin()
  show(App, plugin)
  await areOpen()
  return plugin
}

/** What the application says of a stream. */
async function stream() {
  find(`${INSTRUMENT} button`).click()
  await until(() => document.querySelector('output') !== null)
  const { className, textContent } = find('output')
  return { className, textContent }
}

it('opens a channel for each of its parts, and lets go of both', async () => {
  const plugin = await start()
  expect(plugin.open).toBe(2)
  find(TOGGLE).click()
  await until(() => plugin.open === 0)
  expect(document.querySelector('section')).toBe(null)
  find(TOGGLE).click()
  await areOpen()
  expect([plugin.ends.length, plugin.open]).toEqual([4, 2])
})

it('asks for levels, and shows the newest', async () => {
  const plugin = await start()
  await until(() => plugin.rate === 1000)
  fill(`${INSTRUMENT} input`, '5000000')
  await until(() => plugin.rate === 1_000_000)
  fill(`${INSTRUMENT} input`, '')
  await until(() => plugin.rate === 0)
  const { value } = find<HTMLMeterElement>('meter')
  expect(value).toBe(0)
  for (const level of [0.25, 0.5]) plugin.ends[0]?.send('level', level)
  await until(() => find<HTMLMeterElement>('meter').value === 0.5)
})

it('has a stream checked, byte by byte', async () => {
  await start()
  const { className, textContent } = await stream()
  expect(textContent).toMatch(/^16\.8 MB in .* s, every byte right$/)
  expect(className).toBe('right')
})

it('says so when a byte of a stream is wrong', async () => {
  const plugin = await start()
  plugin.isDamaged = true
  const { className, textContent } = await stream()
  expect(textContent).toContain('not as it was sent')
  expect(className).toBe('wrong')
})

it('may be unmounted while it streams', async () => {
  const plugin = await start()
  find(`${INSTRUMENT} button`).click()
  find(TOGGLE).click()
  await until(() => plugin.open === 0)
})
