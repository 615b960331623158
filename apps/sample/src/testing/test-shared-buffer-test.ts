import { SharedChannelError } from '@shared-channel/core'
import { expect, it } from 'vitest'
import { FakePlugin } from './fake-plugin.ts'
import { type Mount, show } from './page.ts'
import { until } from './wait.ts'

const SIZE = 'input[type=number]'
const MESSAGE = 'input[type=text]'
const SEND = 'form button'
const ERROR = '[role=alert]'

/** What the tutorial's component did there, and does here, whichever framework it is written in. */
export function testSharedBufferTest(mount: Mount): void {
  function test(plugin = new FakePlugin()) {
    const page = show(mount, plugin)
    const status = () => page.find('.status')?.dataset.status
    const received = () => page.texts('li')
    const opened = (times: number) => until(() => plugin.connects === times && status() === 'open')
    const send = async (text: string) => {
      page.type(MESSAGE, text)
      await until(() => page.find<HTMLInputElement>(MESSAGE)?.value === text)
      page.click(SEND)
    }
    return { plugin, ...page, status, received, opened, send }
  }

  it('sends what is entered, and lists what comes back', async () => {
    const { plugin, find, received, opened, send, unmount } = test()
    await opened(1)
    await send('hello')
    await until(() => received().length === 1)
    await send('grüße')
    await until(() => received().length === 2)
    expect(received()).toEqual(['HELLO', 'GRÜSSE'])
    expect(find<HTMLInputElement>(MESSAGE)?.value).toBe('')
    await unmount()
    await until(() => plugin.open === 0)
  })

  it('opens another channel for another buffer size, and keeps what has come', async () => {
    const { plugin, received, opened, send, type } = test()
    await opened(1)
    await send('small')
    await until(() => received().length === 1)
    type(SIZE, '1048576')
    await opened(2)
    await until(() => plugin.open === 1)
    await send('x'.repeat(1_000_000))
    await until(() => received().length === 2)
    type(SIZE, '64')
    await opened(3)
    await until(() => plugin.open === 1)
    await send('after')
    await until(() => received().length === 3)
    expect(received()).toEqual(['SMALL', 'X'.repeat(1_000_000), 'AFTER'])
  })

  it('refuses a message that is longer than the buffer, says so, and goes on', async () => {
    const { find, received, opened, send, type } = test()
    await opened(1)
    type(SIZE, '64')
    await opened(2)
    await send('x'.repeat(100))
    await until(() => find(ERROR) !== null)
    expect(find(ERROR)?.textContent).toMatch(/100|105/)
    expect(find(ERROR)?.textContent).toContain('64')
    expect(find<HTMLInputElement>(MESSAGE)?.value).toHaveLength(100) // to be made shorter

    await send('x'.repeat(50))
    await until(() => received().length === 1)
    expect(find(ERROR)).toBe(null)
  })

  it('takes sizes from 64 to 1,048,576, and keeps its channel for all others', async () => {
    const { plugin, find, received, opened, send, type } = test()
    await opened(1)
    for (const wrong of ['63', '1048577', '', '100.5']) {
      type(SIZE, wrong)
      await until(() => find(SIZE)?.getAttribute('aria-invalid') === 'true')
      const before = received().length
      await send('hello')
      await until(() => received().length > before)
    }
    expect(plugin.connects).toBe(1)
    type(SIZE, '1048576')
    await opened(2)
    expect(find(SIZE)?.getAttribute('aria-invalid')).toBe('false')
  })

  it('says why there is no channel, and sends nothing', async () => {
    const plugin = new FakePlugin()
    plugin.refusal = new SharedChannelError('PLUGIN_NOT_FOUND', 'There is no plugin.')
    const { find, status } = test(plugin)
    await until(() => status() === 'error')
    expect(find(ERROR)?.textContent).toContain('There is no plugin.')
    expect(find<HTMLButtonElement>(SEND)?.disabled).toBe(true)
  })
}
