import { expect, it } from 'vitest'
import { openWasmPlugin } from '../src/index.ts'
import workerUrl from '../src/worker/index.ts?worker&url'
import { openTester } from './helpers/tester.ts'
import { TESTER } from './helpers/tester-protocol.ts'

const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)

it('takes an address, bytes, an answer of fetch, and a module', async () => {
  const bytes = await (await fetch(TESTER)).arrayBuffer()
  const sources = [
    new URL(TESTER, location.href),
    bytes,
    new Uint8Array(bytes),
    fetch(TESTER),
    await WebAssembly.compile(bytes),
  ]
  for (const source of sources) {
    const plugin = await openWasmPlugin(source, { onLog: () => {} })
    expect(plugin.info.name).toBe('tester')
    await plugin.close()
  }
})

it('runs the script of the worker from elsewhere', async () => {
  for (const worker of [
    workerUrl,
    new URL(workerUrl, location.href),
    () => new Worker(workerUrl, { type: 'module' }),
  ]) {
    const { ask } = await openTester({ worker })
    expect(await ask('exceptions')).toBe('caught 42')
  }
})

it('says when the worker does not start', async () => {
  await expect(openWasmPlugin(TESTER, { worker: '/no-such-script.js' })).rejects.toMatchObject({
    code: 'PLUGIN_LOAD_FAILED',
  })
})

it.each([
  ['a page instead of a module', '/test/helpers/page.html', 'PLUGIN_LOAD_FAILED', /It begins with "<!doctype html/],
  ['a server that does not answer', 'http://localhost:1/plugin.wasm', 'PLUGIN_NOT_FOUND', /cannot be fetched/],
  ['an answer without a module', Promise.resolve(new Response('', { status: 404 })), 'PLUGIN_NOT_FOUND', /404/],
  ['a module that is no plugin', EMPTY_MODULE, 'PLUGIN_LOAD_FAILED', /npx shared-channel wasm/],
  ['a module for another host', withFacts({ version: 99 }), 'PLUGIN_ABI_MISMATCH', /version 99/],
])('refuses %s', async (_, source, code, message) => {
  await expect(openWasmPlugin(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

it.each([
  ['sendCapacity', { sendCapacity: 0 }],
  ['receiveCapacity', { receiveCapacity: 2 ** 31 }],
  ['updateInterval', { updateInterval: -1 }],
  ['shutdownTimeout', { shutdownTimeout: Number.NaN }],
  ['options', { options: 1n }],
])('refuses a bad %s', async (name, options) => {
  await expect(openWasmPlugin(TESTER, options)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(name),
  })
})

it('names the flag when rings are larger than the module has room for', async () => {
  await expect(openWasmPlugin(TESTER, { sendCapacity: 32 << 20 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('--segment-bytes 34144256'),
  })
  const { ask } = await openTester({ sendCapacity: 16 << 20, receiveCapacity: 16 << 20 })
  expect(await ask('memory')).toBe('1')
})

it('says how to become cross-origin isolated in a page that is not', async () => {
  const { code, message } = await openInFrame('', "cross-origin-isolated 'none'")
  expect(code).toBe('NOT_SUPPORTED')
  expect(message).toContain('Cross-Origin-Opener-Policy: same-origin')
  expect(message).toContain('Cross-Origin-Embedder-Policy: require-corp')
  expect(message).toContain('@shared-channel/browser/vite')
})

it('works where pages cannot wait for memory', async () => {
  expect(await openInFrame('#no-wait-async')).toEqual({ answer: '100000 0' })
})

interface Told {
  readonly answer?: string
  readonly code?: string
  readonly message?: string
}

/** Opens the plugin in a page within this one, which `hash` and `allow` take something away from. */
async function openInFrame(hash: string, allow = ''): Promise<Told> {
  const frame = document.createElement('iframe')
  frame.allow = allow
  frame.src = `/test/helpers/page.html${hash}`
  const told = new Promise<Told>((resolve) => {
    addEventListener('message', ({ source, data }) => source === frame.contentWindow && resolve(data))
  })
  document.body.append(frame)
  const what = await told
  frame.remove()
  return what
}

/** An empty module with a section as `shared-channel wasm` writes it. */
function withFacts(facts: object): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode('shared-channel')
  const json = new TextEncoder().encode(JSON.stringify(facts))
  return Uint8Array.from([...EMPTY_MODULE, 0, 1 + name.length + json.length, name.length, ...name, ...json])
}
