import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { ask, openChannel } from './helpers/channels.ts'
import { childPath } from './helpers/child.ts'
import { threadsNamed } from './helpers/process.ts'
import { Talk } from './helpers/protocols.ts'
import { until } from './helpers/wait.ts'

interface Seen {
  readonly refusal: string
  readonly answers: string[]
  readonly instances: string[]
}

it('workers and the main thread open channels of one library at once, and each has instances of its own', async () => {
  const channel = await openChannel('inspect', Talk, { options: 'main' })
  const before = threadsNamed(/^sc:inspect$/).length
  const workers = Array.from({ length: 3 }, () => new Worker(childPath('worker-channels')))
  const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  const seen = Promise.all(workers.map((worker) => new Promise<Seen>((resolve) => worker.once('message', resolve))))
  for (let i = 0; i < 200; i++) expect(await ask(channel, 'options')).toBe('"main"')

  const expected = Array.from({ length: 600 }, (_, i) => `${Math.floor(i / 200)}`)
  for (const { refusal, answers } of await seen) {
    expect(refusal).toBe('PLUGIN_NOT_FOUND')
    expect(answers).toEqual(expected)
  }
  const instances = [...(await seen).flatMap(({ instances }) => instances), await ask(channel, 'instance')]
  expect(instances).toHaveLength(10)
  // The main thread's lived all the time; others may have had the same place one after the other.
  expect(instances.filter((instance) => instance === instances[9])).toHaveLength(1)

  // A worker with an idle channel ends by itself, and its channel with it.
  expect(await Promise.all(ended)).toEqual([0, 0, 0])
  await until(() => threadsNamed(/^sc:inspect$/).length === before)
  expect(await ask(channel, 'options')).toBe('"main"')
})
