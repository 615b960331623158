/**
 * How a channel ends: politely, when one side or both close, or because one side is lost. A side here is one process
 * that reads and writes, as a SharedChannel does (packages/core/src/channel.ts); a thread differs in how it sleeps.
 */
import type { Expectation, Model, ProcessDefinition } from './machine.ts'
import type { Task } from './program.ts'
import {
  awaitEvent,
  type Block,
  type Channel,
  change,
  join,
  type Locals,
  leave,
  load,
  loop,
  NOTHING_YET,
  other,
  PROTOCOL,
  partsOf,
  type Rules,
  type Side,
  set,
  sharedWords,
  sleep,
  store,
  when,
} from './protocol.ts'
import { drain, pump } from './wake-up.ts'

export interface ClosingRules extends Rules {
  /** What a side looks at first to learn that nothing more will come. */
  readonly looksFirst: 'at the state' | 'into the ring'
  /** What a side that closes does first. */
  readonly closesFirst: 'the queue' | 'the state'
  /** Whether closing moves the other side's bell, and whether it wakes. */
  readonly bellAtClose: 'moves' | 'stays'
  readonly wakeAtClose: 'always' | 'never'
}

export const CLOSING: ClosingRules = {
  ...PROTOCOL,
  looksFirst: 'at the state',
  closesFirst: 'the queue',
  bellAtClose: 'moves',
  wakeAtClose: 'always',
}

export interface Ending extends Channel {
  readonly rules: readonly [ClosingRules, ClosingRules]
  /** How many messages the application of each side may send, before it closes or hears that the other side has. */
  readonly messages: readonly [number, number]
  /** Whose application closes. The other side only follows. */
  readonly closes: readonly Side[]
  /** Whether closing may take too long, so that a side gives up. */
  readonly timeouts?: boolean
  /** Who may die, at any point. Somebody watches, and tells the other side; by its bell, unless the test says otherwise. */
  readonly mortal?: Side
  readonly watcherRings?: boolean
}

export function ending(channel: Ending): Model<Locals> {
  const { capacity, mortal } = channel
  const words = { ...sharedWords(capacity), 'state 0': 0, 'state 1': 0, 'lost 0': 0, 'lost 1': 0 }
  const processes = ([0, 1] as const).map((side) => closingSide(channel, side))
  if (mortal !== undefined) {
    return { memory: words, processes: [...processes, watcher(channel, mortal)], atTheEnd: [hasAllOf(mortal)] }
  }
  if (channel.timeouts) return { memory: words, processes, atTheEnd: [hasAllOf(0), hasAllOf(1)] }
  return { memory: words, processes, atTheEnd: [hasAllThatWasSent(channel, 0), hasAllThatWasSent(channel, 1)] }
}

/** Sent by its application, whether it went into the ring at once or waited in the queue. */
function hasAllThatWasSent({ messages }: Ending, side: Side): Expectation<Locals> {
  return {
    text: `side ${other(side)} has received all that side ${side} sent`,
    holds: (_, locals) => localsOf(locals, other(side)).read === messages[side] - localsOf(locals, side).unsent,
  }
}

/** Completely published by a side, whatever became of it then. */
function hasAllOf(side: Side): Expectation<Locals> {
  return {
    text: `side ${other(side)} has received all that side ${side} published, or gave up`,
    holds: (memory, locals) => {
      const { read, gaveUp } = localsOf(locals, other(side))
      return gaveUp === 1 || read === memory[`tail ${side}`]
    },
  }
}

const localsOf = (locals: readonly Locals[], side: Side) => locals[side] as Locals

/** The life of a side: it works, sleeps and works again until nothing more can come and it has said goodbye. */
export function closingSide(channel: Ending, side: Side): ProcessDefinition<Locals> {
  const { sleepers, messages, mortal } = channel
  const rules = channel.rules[side]
  const { readBell, wakeUp } = partsOf(channel, side)
  const peer = other(side)
  const isThread = sleepers[side] === 'thread'

  const lookWhetherLost: Block = mortal === peer ? [load(`lost ${side}`, 'peerLost')] : []
  const lookWhetherClosed: Block = [
    load(`state ${peer}`, 'peerClosed'),
    set('peerClosed', (l) => l.peerClosed | l.peerLost),
  ]
  const stateFirst = rules.looksFirst === 'at the state'
  const drainUntilPeerClosed = stateFirst
    ? drain(channel, side, lookWhetherClosed)
    : drain(channel, side, [], [...lookWhetherLost, ...lookWhetherClosed])

  const sayClosed: Block = [
    set('closed', 1),
    store(`state ${side}`, 1),
    ...(rules.bellAtClose === 'moves' ? [change(`bell ${peer}`, 'add', 1)] : []),
    ...(rules.wakeAtClose === 'always' ? wakeUp(peer) : []),
  ]
  const nothingToSend = (l: Locals) =>
    rules.closesFirst === 'the state' || l.queued === 0 || l.gaveUp === 1 || l.peerLost === 1

  const waiting = tasks(channel, side)
  const program = [
    loop([
      ...(isThread ? readBell : []),
      ...(stateFirst ? lookWhetherLost : []),
      when((l) => l.closed === 0 || rules.closesFirst === 'the state', pump(channel, side)),
      when((l) => l.closing === 1 && l.closed === 0 && nothingToSend(l), sayClosed),
      when((l) => l.peerClosed === 0, drainUntilPeerClosed),
      when((l) => l.closed === 1 && (l.peerClosed === 1 || l.gaveUp === 1), [leave]),
      when(
        (l) => l.peerClosed === 1 && l.closing === 0,
        [set('closing', 1)], // the ring was empty after that: what is left is to say goodbye
        [isThread ? sleep(`bell ${side}`, 'seen', waiting) : awaitEvent(`event ${side}`, waiting)],
      ),
    ]),
  ]
  return {
    name: `side ${side}`,
    program,
    locals: { ...NOTHING_YET, unsent: messages[side] },
    mortal: mortal === side,
  }
}

function tasks({ closes, timeouts }: Ending, side: Side): Task<Locals>[] {
  return [
    {
      text: 'the application sends a message',
      when: (l) => l.unsent > 0 && l.closing === 0,
      run: (l) => {
        l.unsent--
        l.queued++
      },
    },
    {
      text: 'the application closes',
      when: (l) => closes.includes(side) && l.closing === 0,
      run: (l) => {
        l.closing = 1
      },
    },
    {
      text: 'closing has taken too long',
      when: (l) => timeouts === true && l.closing === 1 && l.gaveUp === 0,
      run: (l) => {
        l.gaveUp = 1
      },
    },
  ]
}

/** Tells the other side when this one's process has ended, in memory that only that side and the watcher see. */
function watcher(channel: Ending, mortal: Side): ProcessDefinition<Locals> {
  const survivor = other(mortal)
  const { wakeUp } = partsOf(channel, survivor)
  const ring = [change(`bell ${survivor}`, 'add', 1), ...wakeUp(survivor)]
  const program = [
    join(`side ${mortal}`),
    store(`lost ${survivor}`, 1),
    ...(channel.watcherRings === false ? [] : ring),
  ]
  return { name: 'watcher', program, locals: NOTHING_YET }
}
