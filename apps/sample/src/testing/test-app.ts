import { expect, it } from 'vitest'
import { FakePlugin } from './fake-plugin.ts'
import { type Mount, show } from './page.ts'
import { until } from './wait.ts'

const INSTRUMENT = '[aria-label=Instrument]'
const TOGGLE = 'main > div > button'

/** What the sample application does, whichever framework it is written in. */
export function testApp(mount: Mount): void {
  function app() {
    const plugin = new FakePlugin()
    const page = show(mount, plugin)
    const opened = () => until(() => page.texts('.status').join() === 'open,open')
    const stream = async () => {
      page.click(`${INSTRUMENT} button`)
      await until(() => page.find(`${INSTRUMENT} output`) !== null)
      return page.find(`${INSTRUMENT} output`)
    }
    return { plugin, ...page, opened, stream }
  }

  it('opens a channel for each of its parts, and lets go of both', async () => {
    const { plugin, find, click, opened } = app()
    await opened()
    expect(plugin.open).toBe(2)
    click(TOGGLE)
    await until(() => plugin.open === 0)
    expect(find('section')).toBe(null)
    click(TOGGLE)
    await opened()
    expect([plugin.connects, plugin.open]).toEqual([4, 2])
  })

  it('asks for levels, and shows the newest', async () => {
    const { plugin, find, opened, type } = app()
    const shown = () => find<HTMLMeterElement>('meter')?.value
    await opened()
    const input = `${INSTRUMENT} input`
    await until(() => plugin.rate === 1000)
    type(input, '5000000')
    await until(() => plugin.rate === 1_000_000)
    type(input, '')
    await until(() => plugin.rate === 0)
    expect(shown()).toBe(0)
    for (const level of [0.25, 0.5]) plugin.instrument?.send('level', level)
    await until(() => shown() === 0.5)
  })

  it('has a stream checked, byte by byte', async () => {
    const { opened, stream } = app()
    await opened()
    const right = await stream()
    expect(right?.textContent.trim()).toMatch(/^16\.8 MB in .* s, every byte right$/)
    expect(right?.className).toBe('right')
  })

  it('says so when a byte of a stream is wrong', async () => {
    const { plugin, opened, stream } = app()
    plugin.isDamaged = true
    await opened()
    const wrong = await stream()
    expect(wrong?.textContent).toContain('not as it was sent')
    expect(wrong?.className).toBe('wrong')
  })

  it('may be unmounted while it streams', async () => {
    const { plugin, click, opened } = app()
    await opened()
    click(`${INSTRUMENT} button`)
    click(TOGGLE)
    await until(() => plugin.open === 0)
  })
}
