// A plugin with a thread of its own that sends, possibly in the middle of waiting for room, while JavaScript closes.
import { afterAll, describe, it } from 'vitest'
import { expectFault, expectToHold, explored } from './expectations.ts'
import { type PluginEnd, pluginEnd } from './plugin-end.ts'

const AS_IT_IS: Omit<PluginEnd, 'messages'> = {
  timeouts: false,
  shutdown: 'joins the thread',
  stop: 'moves the bell and wakes',
}

afterAll(() => console.log(`the end of a plugin: ${explored.models} models, ${explored.states} states`))

describe('the end of a plugin', () => {
  it.each([[[1, 1]], [[0, 2]]] as const)('loses nothing that was published, of %j messages, and comes', (messages) => {
    expectToHold(pluginEnd({ ...AS_IT_IS, messages }))
  })

  it('comes also when JavaScript gives up while the thread waits for room', () => {
    expectToHold(pluginEnd({ ...AS_IT_IS, messages: [0, 2], timeouts: true }))
  })

  it('loses a message of a thread that shutdown did not join', () => {
    expectFault(pluginEnd({ ...AS_IT_IS, messages: [0, 1], shutdown: 'returns at once' }), 'broken', [
      'JavaScript has received all that the plugin published, or gave up',
    ])
  })

  it('never comes when JavaScript gives up and nobody wakes the thread that waits for room', () => {
    const silent = { ...AS_IT_IS, timeouts: true, stop: 'only sets the flag' } as const
    expectFault(pluginEnd({ ...silent, messages: [0, 2] }), 'stuck', [
      'plugin thread waits for the end of producer',
      'producer sleeps on bell 1',
    ])
  })
})
