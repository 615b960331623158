// Every process of the app maps the same segment and talks to the others.

import { getByte, type Part } from './buffers.ts'
import {
  type Member,
  mainMember,
  openWindow,
  startNative,
  startNode,
  startUtility,
  type WindowMember,
} from './members.ts'
import { PART_BYTES, type ShareResult, type Sums, type TalkResult } from './results.ts'
import { connect, talkOf, talkOnBothEnds } from './talks.ts'

const SMALL = 65536
const TALK_BYTES = 6 << 20
const LONGEST_BLOCK = 30_000

interface Everybody {
  readonly main: Member
  readonly a: WindowMember
  readonly b: WindowMember
  readonly utility: Member
  readonly node: Member
  readonly native: Member
}

/** Who writes into the common buffer and reads from it: a process, or a page. */
interface Writer {
  readonly name: string
  fillPart(part: Part, seed: number): Promise<void>
  checksums(parts: readonly Part[]): Promise<number[]>
}

/** @param trusted Whether each opens what the others made as memory of its own application. */
export async function share(trusted: boolean): Promise<ShareResult> {
  const everybody = await startEverybody()
  const { a, b } = everybody
  const members: Member[] = Object.values(everybody)
  const result = {
    pids: members.map(({ pid }) => pid),
    isolated: [await a.page.isIsolated(), await b.page.isIsolated()],
    opened: await openEachOther(members),
    ...(await writeTogether(everybody, trusted)),
    talks: await talkToEachOther(everybody, trusted),
    talksWithoutMain: await talkWithoutMain(everybody, trusted),
  }
  await Promise.all(members.map(({ call }) => call('closeChannels')))
  await Promise.all(members.map(({ call }) => call('closeBuffers')))
  return result
}

async function startEverybody(): Promise<Everybody> {
  const a = await openWindow('a', true) // one after the other: their preloads answer over the same way
  const b = await openWindow('b')
  const [utility, node, native] = await Promise.all([startUtility(), startNode(), startNative()])
  return { main: mainMember(), a, b, utility, node, native }
}

/** Each makes a buffer, and all others open it as memory of a stranger. */
async function openEachOther(members: readonly Member[]): Promise<ShareResult['opened']> {
  const opened: Record<string, Record<string, string>> = {}
  for (const owner of members) {
    const name = `of ${owner.name}`
    const handle = await owner.call('createBuffer', name, SMALL)
    const codes: Record<string, string> = {}
    for (const opener of members.filter((member) => member !== owner)) {
      codes[opener.name] = await opener.call('openBuffer', name, handle).then(
        () => 'opened',
        ({ code }) => code,
      )
    }
    opened[owner.name] = codes
  }
  return opened
}

/** Each writes its part of one buffer; then each tells what it finds in all parts. */
async function writeTogether(everybody: Everybody, trusted: boolean): Promise<Pick<ShareResult, 'sums' | 'posted'>> {
  const { main, a, b } = everybody
  const members: Member[] = Object.values(everybody)
  const writers = [...members.map(writerOf), pageWriter('page a', a), pageWriter('page b', b)]
  const parts = writers.map((_, index) => ({ offset: index * PART_BYTES, length: PART_BYTES }))
  const size = writers.length * PART_BYTES + 12 // no whole page of memory
  const handle = await main.call('createBuffer', 'common', size)
  for (const member of members.slice(1)) await member.call('openBuffer', 'common', handle, { trusted })
  const posted = await postToPage(a, handle, trusted)
  await b.call('mapWhatPageShows', handle, trusted)
  await b.page.showMemory(size)
  await Promise.all(parts.map((part, index) => writers[index]?.fillPart(part, index + 1)))
  const sums: Sums = {}
  for (const writer of writers) sums[writer.name] = await writer.checksums(parts)
  return { sums, posted }
}

async function postToPage({ page, call }: WindowMember, handle: string, trusted: boolean): Promise<string> {
  await page.expectMemory()
  await call('postToPage', handle, trusted)
  return page.arrivedMemory()
}

function writerOf({ name, call }: Member): Writer {
  return {
    name,
    fillPart: (part, seed) => call('fillPart', 'common', part, seed),
    checksums: (parts) => call('checksums', 'common', parts),
  }
}

function pageWriter(name: string, { page }: WindowMember): Writer {
  return {
    name,
    fillPart: (part, seed) => page.fillPart(part, seed),
    checksums: (parts) => page.checksums(parts),
  }
}

/** Pairs of processes, all at once. */
async function talkToEachOther(everybody: Everybody, trusted: boolean): Promise<ShareResult['talks']> {
  const { main, a, b, utility, node, native } = everybody
  const pairs: readonly (readonly [Member, Member])[] = [
    [main, a],
    [main, b],
    [a, b],
    [utility, a],
    [node, b],
    [node, main],
    [main, native],
    [native, b],
  ]
  const talks = await Promise.all(
    pairs.map(async ([one, other]) => {
      const name = `${one.name} and ${other.name}`
      await connect(name, one, other, trusted)
      return [name, await talkOnBothEnds(name, one, other, TALK_BYTES)] as const
    }),
  )
  return Object.fromEntries(talks)
}

/** Two preloads talk while the main process does nothing at all: it sleeps, and looks into the common buffer now and then. */
async function talkWithoutMain({ a, b, main }: Everybody, trusted: boolean): Promise<TalkResult[]> {
  await connect('direct', a, b, trusted)
  const handle = await main.call('createBuffer', 'marks', 2)
  for (const member of [a, b]) await member.call('openBuffer', 'marks', handle, { trusted })
  const both = [a, b].map(({ call }, side) => call('talkAndMark', 'direct', talkOf(side, TALK_BYTES), 'marks', side))
  block(() => getByte('marks', 0) === 1 && getByte('marks', 1) === 1)
  return Promise.all(both)
}

/** Lets no other code of this thread run until it is so. */
function block(isSo: () => boolean): void {
  const nobodyWakesThis = new Int32Array(new SharedArrayBuffer(4))
  const deadline = Date.now() + LONGEST_BLOCK
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('the others did nothing while the main process was blocked')
    Atomics.wait(nobodyWakesThis, 0, 0, 5)
  }
}
