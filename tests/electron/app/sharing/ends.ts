// A renderer ends, or its page, in every way there is. What do the others notice, and what do they keep?
import { once } from 'node:events'
import { app, type RenderProcessGoneDetails } from 'electron'
import { holdingsOf } from '../own-process.ts'
import type { Holdings, Left } from '../task.ts'
import { doomed, loadPage, runPreload } from '../windows.ts'
import { attach, type Member, mainMember, openWindow, startUtility, type WindowMember } from './members.ts'
import { ENDS, type EndResult, type EndsResult, SHARED_BYTES, type Sums } from './results.ts'
import { connect, talkOnBothEnds } from './talks.ts'

const WHOLE = { offset: 0, length: SHARED_BYTES }
const TALK_BYTES = 1 << 20

type End = (typeof ENDS)[number]
interface Others {
  readonly main: Member
  readonly b: WindowMember
  readonly utility: Member
}

export async function ends(): Promise<EndsResult> {
  app.commandLine.appendSwitch('js-flags', '--expose-gc') // for renderers, none of which has started
  const others = { main: mainMember(), b: await openWindow('b'), utility: await startUtility() }
  const results: [End, EndResult][] = []
  for (const end of ENDS) results.push([end, await survive(end, others)])
  return Object.fromEntries(results) as EndsResult
}

async function survive(end: End, others: Others): Promise<EndResult> {
  const a = await openWindow('a')
  await shareBuffers(a, others)
  const listeners = await connectAll(a, others)
  const held = holdingsOfAll([a, ...membersOf(others)])
  const endings = listeners.map(async ([name, member]) => [name, await member.call('ending', name)] as const)

  doomed.add(a.window.webContents)
  const gone = ['kill', 'crash', 'strict'].includes(end) ? onceGone(a) : undefined
  const started = Date.now()
  const reloaded = bringAbout[end](a)
  const channels: [string, { code: string; after: number }][] = []
  for (const [name, { code, at }] of await Promise.all(endings)) channels.push([name, { code, after: at - started }])

  const sums = await useBuffers(others)
  for (const [name, { call }] of listeners) await call('closeChannel', name)
  for (const { call } of membersOf(others)) await call('closeBuffers')
  const result = {
    channels: Object.fromEntries(channels),
    sums,
    held,
    left: holdingsOfAll(membersOf(others)),
    reason: await gone,
  }
  return reloaded === undefined ? result : { ...result, leftInRenderer: await leaveRenderer(await reloaded, others) }
}

const bringAbout: Readonly<Record<End, (a: WindowMember) => Promise<WindowMember> | undefined>> = {
  reload: ({ window }) => attach('a', window, () => window.webContents.reload()),
  close: ({ window }) => void window.close(),
  destroy: ({ window }) => void window.destroy(),
  kill: ({ window }) => void window.webContents.forcefullyCrashRenderer(),
  crash: ({ call }) => void call('crash'), // never answers
  strict: ({ call }) => void call('setByte', 'strict', 0, 1), // never answers
}

/** One that main has made, one that a has made, and one into which a may not write. */
async function shareBuffers(a: WindowMember, { main, b, utility }: Others): Promise<void> {
  const ofMain = await main.call('createBuffer', 'of main', SHARED_BYTES)
  for (const { call } of [a, b, utility]) await call('openBuffer', 'of main', ofMain)
  await main.call('fillPart', 'of main', WHOLE, 1)
  const ofA = await a.call('createBuffer', 'of a', SHARED_BYTES)
  for (const { call } of [main, b, utility]) await call('openBuffer', 'of a', ofA)
  await a.call('fillPart', 'of a', WHOLE, 2)
  const handle = await main.call('createBuffer', 'strict', SHARED_BYTES)
  await a.call('openBuffer', 'strict', handle, { access: 'read-only-strict' })
}

/** The others use the buffers as before. */
async function useBuffers(others: Others): Promise<Sums> {
  await others.utility.call('fillPart', 'of a', WHOLE, 3)
  const sums: Sums = {}
  for (const { name, call } of membersOf(others)) {
    sums[name] = [...(await call('checksums', 'of main', [WHOLE])), ...(await call('checksums', 'of a', [WHOLE]))]
  }
  return sums
}

/** Two channels that have carried something, and one that is silent. Returns who is at the other end of each. */
async function connectAll(a: WindowMember, { main, b, utility }: Others): Promise<[string, Member][]> {
  await connect('main and a', main, a)
  await talkOnBothEnds('main and a', main, a, TALK_BYTES)
  await connect('a and b', a, b)
  await talkOnBothEnds('a and b', a, b, TALK_BYTES)
  await connect('utility and a', utility, a)
  return [
    ['main and a', main],
    ['a and b', b],
    ['utility and a', utility],
  ]
}

/** The page that was reloaded talks again, and goes. What is left in its process? */
async function leaveRenderer(a: WindowMember, { main }: Others): Promise<Left> {
  await connect('again', main, a)
  await talkOnBothEnds('again', main, a, TALK_BYTES)
  const left = await runPreload(() => loadPage(a.window, { idle: '' }))
  await main.call('closeChannel', 'again')
  a.window.destroy()
  return left as Left
}

function holdingsOfAll(members: readonly Pick<Member, 'name' | 'pid'>[]): Record<string, Holdings> {
  return Object.fromEntries(members.map(({ name, pid }) => [name, holdingsOf(pid)]))
}

function membersOf({ main, b, utility }: Others): Member[] {
  return [main, b, utility]
}

/** Why, as Electron sees it. */
async function onceGone({ window }: WindowMember): Promise<string | undefined> {
  const [, { reason }] = (await once(window.webContents, 'render-process-gone')) as [unknown, RenderProcessGoneDetails]
  return reason
}
