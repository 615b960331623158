// Buffers posted over everything that carries messages in an app, in a real Electron.
import { describe, expect, inject, it } from 'vitest'
import { type PostResult, SHARED_BYTES } from '../app/sharing/results.ts'
import { checksumOf } from '../expected.ts'
import { type Launch, USERS } from '../launch.ts'
import { runApp } from '../run-app.ts'

/** Two ports between main and a preload, two preloads, utility and preload; then what the processes have anyway. */
const CARRIERS = ['main and a', 'a and b', 'utility and b', 'utility', 'node', 'channel of b and utility']
const ONE_SECOND = 1000

describe.each(USERS)('a posted buffer, %s', (_user, launch) => {
  it.skipIf(launch === null)('reaches every process, and its poster hears of its end', async () => {
    const { kinds, ...result } = await post(false, launch?.())
    expectPosted(result)
    expect(kinds).toEqual({
      fixed: asBuffer('ArrayBuffer'),
      shared: asBuffer('SharedArrayBuffer'),
      transferable: 'NOT_SUPPORTED',
    })
  })
})

describe.skipIf(inject('electron') === null)('where renderers have resizable buffers', () => {
  it('comes as one, too', async () => {
    const { kinds, ...result } = await post(true)
    expectPosted(result)
    expect(kinds.transferable).toEqual(asBuffer('ArrayBuffer'))
  })
})

async function post(hasResizable: boolean, launch?: Launch): Promise<PostResult> {
  return (await runApp({ kind: 'post', hasResizable }, launch)) as PostResult
}

function expectPosted({ routes, ends, left }: Omit<PostResult, 'kinds'>): void {
  expect(new Set(Object.values(routes).map(({ carrier }) => carrier))).toEqual(new Set(CARRIERS))
  expect(Object.keys(routes)).toHaveLength(2 * CARRIERS.length)
  for (const [name, { carrier, received, found, released }] of Object.entries(routes)) {
    expect(received, name).toEqual({ type: '[object ArrayBuffer]', bytes: SHARED_BYTES, data: { carrier, name } })
    expect(found, name).toEqual([checksumOf(1, SHARED_BYTES), checksumOf(2, SHARED_BYTES)])
    expect(released, name).toBe('released')
  }
  expect(Object.keys(ends)).toEqual(['reload', 'kill'])
  for (const [how, byPoster] of Object.entries(ends)) {
    expect(Object.keys(byPoster), how).toEqual(['main', 'b'])
    for (const { code, after } of Object.values(byPoster)) {
      expect(code, how).toBe('ended')
      expect(after, how).toBeLessThan(ONE_SECOND)
    }
  }
  expect(left).toEqual({ threads: 0, descriptors: 0, mappings: 0, watched: 0 })
}

function asBuffer(type: string) {
  return { type: `[object ${type}]`, found: checksumOf(3, SHARED_BYTES) }
}
