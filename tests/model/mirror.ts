/**
 * Messages between JavaScript in memory of its own, side 0, and a thread at the segment, side 1: `Mirror` of
 * packages/native/src/mirror.cpp. JavaScript's memory is private to its event loop, so it is made of locals: `knownTail` and
 * `knownHead` are what the mirror has collected, and in between JavaScript sees nothing new.
 */
import type { Model, ProcessDefinition } from './machine.ts'
import {
  awaitEvent,
  type Block,
  type Channel,
  change,
  type Locals,
  leave,
  load,
  loop,
  NOTHING_YET,
  partsOf,
  type Rules,
  set,
  sharedWords,
  when,
} from './protocol.ts'
import { type Exchange, exchange } from './wake-up.ts'

export interface MirroredExchange extends Pick<Exchange, 'messages' | 'capacity'> {
  /** What the mirror does, with `secondLook: 'never'` for one that announces when it opens, and then no more. */
  readonly mirror: Rules
  readonly native: Rules
}

export function mirroredExchange({ mirror, native, capacity, messages }: MirroredExchange): Model<Locals> {
  const channel: Exchange = { rules: [mirror, native], sleepers: ['event loop', 'thread'], capacity, messages }
  const threads = exchange(channel).processes.filter(({ name }) => name.endsWith(' 1'))
  const words = sharedWords(capacity)
  return { memory: { ...words, 'waiting 0': ANYTHING }, processes: [script(channel), ...threads] }
}

const DATA = 1
const ROOM = 2
const ANYTHING = DATA | ROOM

/** JavaScript's event loop: each turn begins with what the mirror collects, and sends what there is room for. */
function script(channel: Exchange): ProcessDefinition<Locals> {
  const [outgoing, incoming] = channel.messages
  const send = {
    text: 'the application sends a message',
    when: (l: Locals) => l.unsent > 0,
    run: (l: Locals) => {
      l.unsent--
      l.queued++
    },
  }
  const program = [
    loop([
      ...collect(channel),
      ...write(channel),
      ...read(channel),
      when((l) => l.unsent + l.queued === 0 && l.read === incoming, [leave]),
      awaitEvent('event 0', [send]),
    ]),
  ]
  return { name: 'event loop 0', program, locals: { ...NOTHING_YET, unsent: outgoing } }
}

/** Mirror::collect. */
function collect({ rules: [rules] }: Channel): Block {
  const announce = change('waiting 0', 'set bits', ANYTHING, { order: rules.announce })
  const look = [load('tail 1', 'knownTail', rules.look), load('head 0', 'knownHead', rules.look)]
  switch (rules.secondLook) {
    case 'after announcing':
      return [announce, ...look]
    case 'before announcing':
      return [...look, announce]
    case 'never':
      return look
  }
}

/** What waits goes into the ring while there is room that JavaScript knows of; each record is published by its own call. */
function write(channel: Channel): Block {
  const { publishRecord } = partsOf(channel, 0)
  return [
    loop([
      when((l) => l.queued === 0 || l.written - l.knownHead === channel.capacity, [leave]),
      ...publishRecord,
      set('queued', (l) => l.queued - 1),
    ]),
  ]
}

/** Takes what was collected. */
function read(channel: Channel): Block {
  const { takeRecord, giveRoomBack } = partsOf(channel, 0)
  return [loop([when((l) => l.read === l.knownTail, [...giveRoomBack, leave]), ...takeRecord])]
}
