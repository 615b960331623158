/**
 * Messages in both directions, and who sleeps and is woken meanwhile: `wait_for_work` and `write_when_room` of
 * packages/native/src/plugin_host.cpp, `#pump` and `#drain` of packages/core/src/channel.ts.
 */
import type { Model, ProcessDefinition } from './machine.ts'
import {
  awaitEvent,
  type Block,
  type Channel,
  type Locals,
  leave,
  loop,
  NOTHING_YET,
  other,
  partsOf,
  type Side,
  set,
  sharedWords,
  sleep,
  when,
} from './protocol.ts'

export interface Exchange extends Channel {
  /** How many messages each side sends. Every process ends when it has sent, or received, all of its own. */
  readonly messages: readonly [number, number]
}

export function exchange(channel: Exchange): Model<Locals> {
  const processes = ([0, 1] as const).flatMap((side) => {
    const outgoing = channel.messages[side]
    const incoming = channel.messages[other(side)]
    if (channel.sleepers[side] === 'event loop') return [eventLoop(channel, side, outgoing, incoming)]
    return [
      ...(outgoing > 0 ? [writingThread(channel, side, outgoing)] : []),
      ...(incoming > 0 ? [readingThread(channel, side, incoming)] : []),
    ]
  })
  return { memory: sharedWords(channel.capacity), processes }
}

/** Sends each message when there is room; sleeps until then. */
function writingThread(channel: Exchange, side: Side, messages: number): ProcessDefinition<Locals> {
  const { ROOM, tryWrite, prepareToSleep, withdraw } = partsOf(channel, side)
  const writeWhenRoom: Block = [
    loop([
      ...tryWrite,
      when(wentWell, [leave]),
      set('wantsRoom', 1),
      ...prepareToSleep(ROOM, tryWrite),
      when(wentWell, [leave]),
      sleep(`bell ${side}`, 'seen'),
    ]),
    set('seen', 0),
    when((l) => l.wantsRoom === 1, [withdraw(ROOM), set('wantsRoom', 0)]),
  ]
  const program = [loop([when((l) => l.written === messages, [leave]), ...writeWhenRoom])]
  return { name: `writer ${side}`, program, locals: NOTHING_YET }
}

/** Takes messages as they come; sleeps while there are none. */
function readingThread(channel: Exchange, side: Side, messages: number): ProcessDefinition<Locals> {
  const { DATA, tryRead, giveRoomBack, prepareToSleep, lookForData, withdraw } = partsOf(channel, side)
  const waitForWork: Block = [
    ...prepareToSleep(DATA, lookForData),
    when((l) => !wentWell(l), [sleep(`bell ${side}`, 'seen')]),
    set('seen', 0),
    withdraw(DATA),
  ]
  const program = [
    loop([
      ...tryRead,
      when((l) => !wentWell(l), [...giveRoomBack, ...waitForWork]),
      when((l) => l.read === messages, [leave]),
    ]),
    ...giveRoomBack,
  ]
  return { name: `reader ${side}`, program, locals: NOTHING_YET }
}

/** One thread for both directions. The application sends whenever it likes; what finds no room waits in a queue. */
function eventLoop(channel: Exchange, side: Side, outgoing: number, incoming: number): ProcessDefinition<Locals> {
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
      ...pump(channel, side),
      ...drain(channel, side),
      when((l) => l.unsent + l.queued === 0 && l.read === incoming, [leave]),
      awaitEvent(`event ${side}`, [send]),
    ]),
  ]
  return { name: `event loop ${side}`, program, locals: { ...NOTHING_YET, unsent: outgoing } }
}

/** SharedChannel.#pump: the queue goes into the ring as far as there is room. */
export function pump(channel: Channel, side: Side): Block {
  const { ROOM, tryWrite, prepareToSleep, withdraw } = partsOf(channel, side)
  return [
    loop([
      when((l) => l.queued === 0, [leave]),
      ...tryWrite,
      when((l) => !wentWell(l), [set('wantsRoom', 1), ...prepareToSleep(ROOM, tryWrite, [])]),
      when((l) => !wentWell(l), [leave]),
      set('queued', (l) => l.queued - 1),
    ]),
    when((l) => l.queued === 0 && l.wantsRoom === 1, [withdraw(ROOM), set('wantsRoom', 0)]),
  ]
}

/**
 * SharedChannel.#drain: takes what there is, and has the other side asked to ring.
 *
 * @param beforeLooking What stands between the last message and the look that finds no more.
 * @param afterLooking What follows that look.
 */
export function drain(channel: Channel, side: Side, beforeLooking: Block = [], afterLooking: Block = []): Block {
  const { DATA, tryRead, giveRoomBack, prepareToSleep, lookForData, withdraw } = partsOf(channel, side)
  return [
    loop([
      ...tryRead,
      when(
        (l) => !wentWell(l),
        [
          ...giveRoomBack,
          ...beforeLooking,
          ...prepareToSleep(DATA, lookForData, []),
          when(wentWell, [withdraw(DATA)], [...afterLooking, leave]),
        ],
      ),
    ]),
  ]
}

const wentWell = (l: Locals) => l.found === 1
