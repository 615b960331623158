/**
 * The end of a plugin whose own thread sends while JavaScript closes: `serve`, `run` and `write_when_room` of
 * packages/native/src/plugin_host.cpp as side 1, a SharedChannel as side 0.
 */
import { CLOSING, closingSide, type Ending } from './closing.ts'
import type { Model, ProcessDefinition } from './machine.ts'
import {
  type Block,
  change,
  join,
  type Locals,
  leave,
  load,
  loop,
  NOTHING_YET,
  partsOf,
  set,
  sharedWords,
  sleep,
  store,
  when,
} from './protocol.ts'

export interface PluginEnd {
  /** How many messages JavaScript may send, and how many the plugin's own thread would like to. */
  readonly messages: readonly [number, number]
  /** Whether JavaScript may give up waiting for the plugin, and read no more. */
  readonly timeouts: boolean
  /** What `shutdown` waits for before the host says that its side is closed. */
  readonly shutdown: 'joins the thread' | 'returns at once'
  /** What the host does to bring back a thread that waits for room. */
  readonly stop: 'moves the bell and wakes' | 'only sets the flag'
}

export function pluginEnd(end: PluginEnd): Model<Locals> {
  const channel: Ending = {
    rules: [CLOSING, CLOSING],
    sleepers: ['event loop', 'thread'],
    capacity: 1,
    messages: end.messages,
    closes: [0],
    timeouts: end.timeouts,
  }
  return {
    memory: { ...sharedWords(1), 'state 0': 0, 'state 1': 0, stopping: 0 },
    processes: [closingSide(channel, 0), pluginThread(channel, end), producer(channel, end)],
    atTheEnd: [
      {
        text: 'JavaScript has received all that the plugin published, or gave up',
        holds: (memory, [javaScript]) => javaScript?.gaveUp === 1 || javaScript?.read === memory['tail 1'],
      },
      {
        text: 'the plugin has received all that JavaScript published',
        holds: (memory, [, plugin]) => plugin?.read === memory['tail 0'],
      },
    ],
  }
}

function pluginThread(channel: Ending, { shutdown, stop }: PluginEnd): ProcessDefinition<Locals> {
  const { DATA, tryRead, giveRoomBack, lookForData, prepareToSleep, withdraw, wakeUp } = partsOf(channel, 1)
  const hasWork: Block = [...lookForData, load('state 0', 'peerClosed'), set('found', (l) => l.found | l.peerClosed)]
  const waitForWork: Block = [
    ...prepareToSleep(DATA, hasWork),
    when((l) => l.found === 0, [sleep('bell 1', 'seen')]),
    set('seen', 0),
    withdraw(DATA),
  ]
  const serve: Block = [
    loop([
      ...tryRead,
      when(
        (l) => l.found === 0,
        [
          ...giveRoomBack,
          load('state 0', 'peerClosed'),
          ...lookForData,
          when((l) => l.found === 0, [when((l) => l.peerClosed === 1, [leave]), ...waitForWork]),
        ],
      ),
    ]),
  ]
  const requestStop: Block = [
    store('stopping', 1),
    ...(stop === 'moves the bell and wakes' ? [change('bell 1', 'add', 1), ...wakeUp(1)] : []),
  ]
  const program = [
    ...serve,
    ...requestStop,
    ...(shutdown === 'joins the thread' ? [join('producer')] : []),
    store('state 1', 1),
    change('bell 0', 'add', 1),
    ...wakeUp(0),
  ]
  return { name: 'plugin thread', program, locals: NOTHING_YET }
}

/** A thread of the plugin that sends until it has no more, or is told that the channel stops. */
function producer(channel: Ending, { messages }: PluginEnd): ProcessDefinition<Locals> {
  const { ROOM, tryWrite, prepareToSleep, withdraw } = partsOf(channel, 1)
  const tryWriteOrStop: Block = [...tryWrite, when((l) => l.found === 0, [load('stopping', 'gaveUp')])]
  const isOver = (l: Locals) => l.found === 1 || l.gaveUp === 1
  const writeWhenRoom: Block = [
    loop([
      ...tryWriteOrStop,
      when(isOver, [leave]),
      set('wantsRoom', 1),
      ...prepareToSleep(ROOM, tryWriteOrStop),
      when(isOver, [leave]),
      sleep('bell 1', 'seen'),
    ]),
    set('seen', 0),
    when((l) => l.wantsRoom === 1, [withdraw(ROOM), set('wantsRoom', 0)]),
  ]
  const program = [
    loop([
      when((l) => l.written === messages[1], [leave]),
      load('stopping', 'gaveUp'),
      when((l) => l.gaveUp === 1, [leave]),
      ...writeWhenRoom,
    ]),
  ]
  return { name: 'producer', program, locals: NOTHING_YET }
}
