import type { Counterpart, Description } from './counterpart.ts'
import { interleave } from './interleave.ts'
import { PluginCounterpart } from './plugin-counterpart.ts'
import type { Outcome } from './row.ts'
import { WorkerCounterpart } from './worker-counterpart.ts'

export interface ThroughputSettings {
  readonly rounds: number
  /** A round of ours, and of a slower peer: about as long. */
  readonly messages: number
  readonly peerMessages: number
}

const SMALL = 64
const LARGE = 1 << 20
const SMALL_RING = 1 << 20
/** Larger than the caches next to a core, as a stream of frames is. */
const LARGE_RING = 8 << 20

/** 64 bytes a message, from JavaScript to C++, with `send`: messages a second. */
export function measureSmallToNative(settings: ThroughputSettings): Promise<Outcome> {
  const payload = new Uint8Array(SMALL).fill(1)
  return withCounterparts(SMALL_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => settings.messages / (await plugin.send(payload, settings.messages)),
      worker_threads: async () => settings.peerMessages / (await worker.send(payload, settings.peerMessages)),
    })
    return { ours, peers }
  })
}

/** 64 bytes a message, from C++ to a JavaScript handler that reads a byte of it in place: messages a second. */
export function measureSmallToJavaScript(settings: ThroughputSettings): Promise<Outcome> {
  let sum = 0
  const read = (message: Uint8Array) => {
    sum += message[SMALL - 1] as number
  }
  return withCounterparts(SMALL_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => settings.messages / (await plugin.receive(SMALL, settings.messages, read)),
      worker_threads: async () => settings.peerMessages / (await worker.receive(SMALL, settings.peerMessages, read)),
    })
    if (sum === 0) throw new Error('the handlers have read nothing')
    return { ours, peers }
  })
}

/** 1 MiB a message, from JavaScript to C++: `send` copies it into the ring, C++ reads each cache line there. GB/s. */
export function measureLargeToNative(settings: ThroughputSettings): Promise<Outcome> {
  const payload = new Uint8Array(LARGE).fill(1)
  const ring = new Uint8Array(LARGE_RING)
  return withCounterparts(LARGE_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => gigabytes(settings.messages) / (await plugin.send(payload, settings.messages)),
      memcpy: async () => gigabytes(settings.messages) / copy(settings.messages, (at) => ring.set(payload, at)),
      worker_threads: async () =>
        gigabytes(settings.peerMessages) / (await worker.send(payload, settings.peerMessages)),
    })
    return { ours, peers, notes: [MEMCPY_NOTE] }
  })
}

/** 1 MiB a message, from C++ to a JavaScript handler that copies it out of the ring into a buffer of its own. GB/s. */
export function measureLargeToJavaScript(settings: ThroughputSettings): Promise<Outcome> {
  const target = new Uint8Array(LARGE)
  const keep = (message: Uint8Array) => target.set(message)
  const ring = new Uint8Array(LARGE_RING).fill(7)
  const parts = Array.from({ length: LARGE_RING / LARGE }, (_, i) => ring.subarray(i * LARGE, (i + 1) * LARGE))
  return withCounterparts(LARGE_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => gigabytes(settings.messages) / (await plugin.receive(LARGE, settings.messages, keep)),
      memcpy: async () =>
        gigabytes(settings.messages) / copy(settings.messages, (at) => target.set(parts[at / LARGE] as Uint8Array)),
      worker_threads: async () =>
        gigabytes(settings.peerMessages) / (await worker.receive(LARGE, settings.peerMessages, keep)),
    })
    return { ours, peers, notes: [MEMCPY_NOTE] }
  })
}

/**
 * 1 MiB a message, from JavaScript to C++, written in place: `fill` into a slot of the ring, C++ reads each cache line there.
 * The same around memcpy: `fill` into an array, which `send` copies into the ring for the same reader. GB/s.
 */
export function measureReserve(settings: ThroughputSettings): Promise<Outcome> {
  return withCounterparts(LARGE_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => gigabytes(settings.messages) / (await plugin.fillInPlace(LARGE, settings.messages)),
      memcpy: async () => gigabytes(settings.messages) / (await plugin.fill(LARGE, settings.messages)),
      worker_threads: async () => gigabytes(settings.peerMessages) / (await worker.fill(LARGE, settings.peerMessages)),
    })
    return {
      ours,
      peers,
      notes: ['memcpy: the same channel, reader and fill, with `send`, which copies, instead of a slot'],
    }
  })
}

/** About 1 KiB of JSON a message, made in C++ and parsed for a JavaScript handler: messages a second. */
export function measureJson(settings: ThroughputSettings): Promise<Outcome> {
  let sum = 0
  const read = ({ index }: Description) => {
    sum += index
  }
  return withCounterparts(SMALL_RING, async (plugin, worker) => {
    const { ours, ...peers } = await interleave(settings.rounds, {
      ours: async () => settings.messages / (await plugin.receiveJson(JSON_TEXT, settings.messages, read)),
      worker_threads: async () =>
        settings.peerMessages / (await worker.receiveJson(JSON_TEXT, settings.peerMessages, read)),
    })
    if (sum === 0) throw new Error('the handlers have read nothing')
    return { ours, peers, notes: ['most of it text; of numbers, JSON.parse would be nearly all that is measured'] }
  })
}

const JSON_TEXT = 'lamp warming up, '.repeat(60).slice(0, 950)

const MEMCPY_NOTE = `memcpy: Uint8Array.set between two ordinary buffers, one of them of the ring's ${LARGE_RING >> 20} MiB, 1 MiB at a time`

/** Seconds for so many copies of 1 MiB, each at the next place in a buffer as large as the ring. */
function copy(times: number, copyAt: (offset: number) => void): number {
  const start = performance.now()
  for (let i = 0; i < times; i++) copyAt((i * LARGE) % LARGE_RING)
  return (performance.now() - start) / 1000
}

const gigabytes = (messages: number): number => (messages * LARGE) / 1e9

async function withCounterparts<T>(
  capacity: number,
  use: (plugin: PluginCounterpart, worker: Counterpart) => Promise<T>,
): Promise<T> {
  const worker = await WorkerCounterpart.open()
  try {
    const plugin = await PluginCounterpart.open(capacity)
    try {
      return await use(plugin, worker)
    } finally {
      await plugin.close()
    }
  } finally {
    await worker.close()
  }
}
