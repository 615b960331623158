import { FakePlugin, show, testSharedBufferTest, until } from '@shared-channel/sample/testing/applications'
import { mount, unmount } from 'svelte'
import { expect, it } from 'vitest'
import SharedBufferTest from '../src/SharedBufferTest.svelte'

const mounting = (target: HTMLElement, { connect }: Pick<FakePlugin, 'connect'>) => {
  const component = mount(SharedBufferTest, { target, props: { connect } })
  return () => unmount(component)
}

testSharedBufferTest(mounting)

it('asks for rings as large as the buffer', async () => {
  const plugin = new FakePlugin()
  const { find, type } = show(mounting, plugin)
  const opened = (times: number) => until(() => plugin.connects === times && find('.status')?.textContent === 'open')
  await opened(1)
  type('input[type=number]', '1048576')
  await opened(2)
  expect(plugin.options).toMatchObject([1024, 1_048_576].map((size) => ({ sendCapacity: size, receiveCapacity: size })))
})
