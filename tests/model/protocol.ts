/**
 * Rings and bells as the real code has them, in the language of the models: RingWriter, RingReader and Bell in
 * packages/core/src/ring.ts and packages/native/include/shared_channel/ring.hpp. Positions count records, not bytes; the
 * records are the numbers 1, 2, 3, and each fills one slot of its ring.
 */
import { language, type Order, type Statement } from './program.ts'

export type Side = 0 | 1

/** A side sleeps as native threads do, on its bell (a futex), or by returning to its event loop. */
export type Sleeper = 'thread' | 'event loop'

/** What the protocol settles. Tests change one thing and look for what goes wrong. */
export interface Rules {
  /** When a sleeper looks once more before it sleeps. */
  readonly secondLook: 'after announcing' | 'before announcing' | 'never'
  /** When a thread reads the bell that it will sleep on. */
  readonly seen: 'first' | 'after announcing' | 'after looking'
  /** Order of the publisher's stores of `tail` and `head`. */
  readonly publish: Order
  /** Order of the publisher's load of `waiting`. */
  readonly loadWaiting: Order
  /** Order of the sleeper's change of `waiting`. */
  readonly announce: Order
  /** Order of the sleeper's loads of `tail` and `head`. */
  readonly look: Order
  /** How many bits `waiting` has for data and room. */
  readonly bits: 'two' | 'one'
  /** What the bell does when an announcement is taken. */
  readonly bell: 'moves' | 'stays'
}

export const PROTOCOL: Rules = {
  secondLook: 'after announcing',
  seen: 'first',
  publish: 'seq_cst',
  loadWaiting: 'seq_cst',
  announce: 'seq_cst',
  look: 'seq_cst',
  bits: 'two',
  bell: 'moves',
}

/** The private variables of a process; each process uses some of them. */
export type Locals = typeof NOTHING_YET
export const NOTHING_YET = {
  /** The bell, when it was last read. */
  seen: 0,
  /** The other side's waiting word, while it is taken. */
  waiting: 0,
  /** Whether the last attempt to read or write, or the last look, went well. */
  found: 0,

  /** Messages that the application is still to send, and those that it sent and that wait for room. */
  unsent: 0,
  queued: 0,
  /** Own position in the ring that is written, and the reader's when last looked at. */
  written: 0,
  knownHead: 0,
  /** Whether room was announced since the queue was last empty. */
  wantsRoom: 0,

  /** Own position in the ring that is read, the writer's when last looked at, and what was given back. */
  read: 0,
  knownTail: 0,
  givenBack: 0,
  /** The record, or the tail, under the reader's eyes. */
  looksAt: 0,

  /** Whether the application, or the other side's end, has asked this side to close; whether it has said so. */
  closing: 0,
  closed: 0,
  /** Whether this side has waited long enough to give up. */
  gaveUp: 0,
  /** Whether the other side was seen to be closed, or lost. */
  peerClosed: 0,
  peerLost: 0,
}

export const other = (side: Side): Side => (side === 0 ? 1 : 0)

/** The shared words of a channel whose rings hold `capacity` records each. */
export function sharedWords(capacity: number): Record<string, number> {
  const words: Record<string, number> = {}
  for (const side of [0, 1]) {
    for (const word of ['tail', 'head', 'waiting', 'bell', 'event']) words[`${word} ${side}`] = 0
    for (let slot = 0; slot < capacity; slot++) words[`slot ${side}.${slot}`] = 0
  }
  return words
}

export interface Channel {
  /** What each side does. */
  readonly rules: readonly [Rules, Rules]
  /** Records that a ring holds. */
  readonly capacity: number
  /** How each side sleeps, and therefore how it is woken. */
  readonly sleepers: readonly [Sleeper, Sleeper]
}

export type Block = readonly Statement<Locals>[]

export const { load, store, change, sleep, wake, awaitEvent, join, set, assert, when, either, loop, leave } =
  language<Locals>()

/** What the processes of one side are made of. */
export function partsOf(channel: Channel, side: Side) {
  const { capacity, sleepers } = channel
  const rules = channel.rules[side]
  const peer = other(side)
  const DATA = 1
  const ROOM = rules.bits === 'two' ? 2 : DATA

  /** Wakes whoever sleeps on that side; its bell has moved. */
  const wakeUp = (whom: Side): Block =>
    sleepers[whom] === 'thread' ? [wake(`bell ${whom}`)] : [change(`event ${whom}`, 'set bits', 1)]

  /** Bell.take of the other side, and the wake-up that follows it. */
  const take = (what: number): Block => [
    load(`waiting ${peer}`, 'waiting', rules.loadWaiting),
    when((l) => (l.waiting & what) !== 0, [change(`waiting ${peer}`, 'clear bits', what, { old: 'waiting' })]),
    when(
      (l) => (l.waiting & what) !== 0,
      [...(rules.bell === 'moves' ? [change(`bell ${peer}`, 'add', 1)] : []), ...wakeUp(peer)],
    ),
    set('waiting', 0),
  ]

  // Slots are plain memory in the real code. What orders them there, a position published after and loaded before, orders
  // them here too; making nothing of their own order saves most of the states.

  const slotToWrite = (l: Locals) => `slot ${side}.${l.written % capacity}`
  const publishRecord: Block = [
    assert('nobody writes after its side has closed', (l) => l.closed === 0),
    store(slotToWrite, (l) => l.written + 1),
    set('written', (l) => l.written + 1),
    store(`tail ${side}`, (l) => l.written, rules.publish),
    ...take(DATA),
  ]

  /** RingWriter: writes the next record if there is room, and wakes who waits for it. Leaves in `found` whether it did. */
  const isFull = (l: Locals) => l.written - l.knownHead === capacity
  const tryWrite: Block = [
    set('found', 0),
    when(isFull, [load(`head ${side}`, 'knownHead', rules.look)]),
    when((l) => !isFull(l), [...publishRecord, set('found', 1)]),
  ]

  /** RingReader.publish, and the wake-up of who waits for room. */
  const giveRoomBack: Block = [
    when(
      (l) => l.givenBack !== l.read,
      [set('givenBack', (l) => l.read), store(`head ${peer}`, (l) => l.givenBack, rules.publish), ...take(ROOM)],
    ),
  ]

  /** In the middle of a batch the room of a record is given back, or not yet. */
  const slotToRead = (l: Locals) => `slot ${peer}.${l.read % capacity}`
  const takeRecord: Block = [
    load(slotToRead, 'looksAt'),
    assert('each record is read once, in order, and whole', (l) => l.looksAt === l.read + 1),
    set('read', (l) => l.read + 1),
    set('looksAt', 0),
    ...(capacity > 1 ? [either(giveRoomBack, [])] : giveRoomBack),
  ]

  /** RingReader: takes the next record, if there is one. */
  const isEmpty = (l: Locals) => l.read === l.knownTail
  const tryRead: Block = [
    set('found', 0),
    when(isEmpty, [load(`tail ${peer}`, 'knownTail', rules.look)]),
    when((l) => !isEmpty(l), [...takeRecord, set('found', 1)]),
  ]

  /** RingReader.hasMore: looks for data and takes nothing. */
  const lookForData: Block = [
    load(`tail ${peer}`, 'looksAt', rules.look),
    set('found', (l) => (l.looksAt === l.read ? 0 : 1)),
    set('looksAt', 0),
  ]

  const announce = (what: number) => change(`waiting ${side}`, 'set bits', what, { order: rules.announce })
  const withdraw = (what: number) => change(`waiting ${side}`, 'clear bits', what)

  const readBell: Block = [load(`bell ${side}`, 'seen')]

  /**
   * What a sleeper does before it sleeps. Leaves in `found` whether it has a reason not to. An event loop needs no bell,
   * and who waits for two things has read it before both: they say `[]`.
   */
  const prepareToSleep = (what: number, look: Block, bell: Block = readBell): Block => {
    const nowSeen = (place: Rules['seen']) => (rules.seen === place ? bell : [])
    switch (rules.secondLook) {
      case 'after announcing':
        return [
          ...nowSeen('first'),
          announce(what),
          ...nowSeen('after announcing'),
          ...look,
          ...nowSeen('after looking'),
        ]
      case 'before announcing':
        return [...bell, ...look, announce(what)]
      case 'never':
        return [...bell, announce(what), set('found', 0)]
    }
  }

  return {
    DATA,
    ROOM,
    wakeUp,
    publishRecord,
    tryWrite,
    takeRecord,
    tryRead,
    giveRoomBack,
    lookForData,
    withdraw,
    readBell,
    prepareToSleep,
  }
}
