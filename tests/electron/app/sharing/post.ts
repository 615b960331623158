// Buffers are posted from process to process, over everything that carries messages in an app.
import type { BufferKind } from '@shared-channel/core'
import { app } from 'electron'
import { holdingsOf } from '../own-process.ts'
import { doomed } from '../windows.ts'
import {
  attach,
  givePorts,
  type Member,
  mainMember,
  openWindow,
  startNode,
  startUtility,
  type WindowMember,
} from './members.ts'
import { type PostResult, type RouteResult, SHARED_BYTES } from './results.ts'
import { connect } from './talks.ts'

const WHOLE = { offset: 0, length: SHARED_BYTES }
const KINDS: readonly BufferKind[] = ['fixed', 'shared', 'transferable']

type Ends = PostResult['ends'][string]

/** @param hasResizable Renderers have resizable ArrayBuffers, as they do in newer versions. */
export async function post(hasResizable: boolean): Promise<PostResult> {
  if (hasResizable) app.commandLine.appendSwitch('js-flags', '--harmony-rab-gsab') // no renderer has started
  const main = mainMember()
  const a = await openWindow('a')
  const b = await openWindow('b')
  const [utility, node] = await Promise.all([startUtility(), startNode()])
  givePorts('main and a', main, a)
  givePorts('a and b', a, b)
  givePorts('utility and b', utility, b)
  await connect('channel of b and utility', b, utility)
  for (const { call } of [b, utility]) await call('carryOverChannel', 'channel of b and utility')
  const routes = {
    ...(await postBothWays('main and a', main, a)),
    ...(await postBothWays('a and b', a, b)),
    ...(await postBothWays('utility and b', utility, b)),
    ...(await postBothWays('utility', main, utility)),
    ...(await postBothWays('node', main, node)),
    ...(await postBothWays('channel of b and utility', b, utility)),
  }
  const kinds = await tryKinds(main, a)
  const ends = { reload: await end('reload', [main, b]), kill: await end('kill', [main, b]) }
  for (const { call } of [b, utility]) await call('closeChannels')
  for (const { call } of [main, b, utility]) await call('closeBuffers')
  return { routes, kinds, ends, left: holdingsOf(main.pid) }
}

async function postBothWays(carrier: string, one: Member, other: Member): Promise<Record<string, RouteResult>> {
  for (const { call } of [one, other]) await call('receiveOver', carrier)
  return {
    [`${carrier}, from ${one.name}`]: await postOneWay(carrier, one, other),
    [`${carrier}, from ${other.name}`]: await postOneWay(carrier, other, one),
  }
}

async function postOneWay(carrier: string, from: Member, to: Member): Promise<RouteResult> {
  const name = `${carrier}, from ${from.name}`
  await fillNew(from, name, 1)
  await from.call('postAndClose', carrier, name)
  const received = await to.call('receive', carrier, name)
  const found = await to.call('checksums', name, [WHOLE])
  await to.call('closeBuffer', name)
  const released = await from.call('untilReleased', name)

  await fillNew(from, name, 1)
  await from.call('post', carrier, name, 'read-write')
  await to.call('receive', carrier, `${name}, there`)
  await to.call('fillPart', `${name}, there`, WHOLE, 2)
  found.push(...(await from.call('checksums', name, [WHOLE])))
  await to.call('closeBuffer', `${name}, there`)
  await from.call('closeBuffer', name)
  return { carrier, received, found, released: released.code }
}

async function tryKinds(main: Member, a: Member): Promise<PostResult['kinds']> {
  const kinds: Record<string, PostResult['kinds'][string]> = {}
  for (const kind of KINDS) {
    await fillNew(main, kind, 3)
    await main.call('postAndClose', 'main and a', kind)
    kinds[kind] = await a.call('receive', 'main and a', kind, kind).then(
      async ({ type }) => ({ type, found: (await a.call('checksums', kind, [WHOLE]))[0] ?? 0 }),
      ({ code }) => code,
    )
    await a.call('closeBuffer', kind)
    await main.call('untilReleased', kind)
  }
  return kinds
}

/** A window that has a buffer of each poster is reloaded, or killed. */
async function end(how: 'reload' | 'kill', posters: readonly Member[]): Promise<Ends> {
  const a = await openWindow('a')
  const posts = posters.map((poster) => ({ poster, name: `${how}, from ${poster.name}` }))
  for (const { poster, name } of posts) {
    givePorts(name, poster, a)
    await a.call('receiveOver', name)
    await fillNew(poster, name, 1)
    await poster.call('postAndClose', name, name)
    await a.call('receive', name, name)
  }
  const started = Date.now()
  await bringAbout[how](a)
  const ends: Record<string, Ends[string]> = {}
  for (const { poster, name } of posts) {
    const { code, at } = await poster.call('untilReleased', name)
    ends[poster.name] = { code, after: at - started }
  }
  if (!a.window.isDestroyed()) a.window.destroy()
  return ends
}

const bringAbout = {
  reload: async ({ window }: WindowMember) => void (await attach('a', window, () => window.webContents.reload())),
  kill: async ({ window }: WindowMember) => {
    doomed.add(window.webContents)
    window.webContents.forcefullyCrashRenderer()
  },
}

async function fillNew({ call }: Member, name: string, seed: number): Promise<void> {
  await call('createBuffer', name, SHARED_BYTES)
  await call('fillPart', name, WHOLE, seed)
}
