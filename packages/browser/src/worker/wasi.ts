// The little of WASI that the C and C++ libraries ask for. `shared-channel wasm` refuses modules that want more (explain.ts
// there has these names).
import type { ModuleMemory } from './module-memory.ts'

const OK = 0
const BAD_DESCRIPTOR = 8
const NOT_SUPPORTED = 58
const STDOUT = 1
const STDERR = 2
const CHARACTER_DEVICE = 2
const REALTIME = 0
/** Of `poll_oneoff`. */
const CLOCK = 0
const ABSOLUTE_TIME = 1
/** What getRandomValues takes at once. */
const RANDOM_BYTES = 65536

/**
 * @param memory The module's.
 * @param print Gets each line that the plugin prints, to stderr or else to stdout.
 */
export function makeWasi(memory: ModuleMemory, print: (line: string, isError: boolean) => void) {
  const unfinished = ['', '', '']
  const write = (descriptor: number, text: string) => {
    const lines = `${unfinished[descriptor]}${text}`.split('\n')
    unfinished[descriptor] = lines.pop() ?? ''
    for (const line of lines) print(line, descriptor === STDERR)
  }
  const now = (clock: number) => (clock === REALTIME ? Date.now() : performance.now())

  return {
    clock_res_get(_clock: number, result: number): number {
      memory.view().setBigUint64(result, 1000n, true)
      return OK
    },
    clock_time_get(clock: number, _precision: bigint, result: number): number {
      memory.view().setBigUint64(result, toNanoseconds(now(clock)), true)
      return OK
    },
    environ_sizes_get(count: number, size: number): number {
      memory.view().setUint32(count, 0, true)
      memory.view().setUint32(size, 0, true)
      return OK
    },
    environ_get: (): number => OK,
    fd_close: (): number => OK,
    fd_fdstat_get(descriptor: number, result: number): number {
      if (descriptor > STDERR) return BAD_DESCRIPTOR
      memory.bytes(result, 24).fill(0)
      memory.view().setUint8(result, CHARACTER_DEVICE)
      return OK
    },
    // There are no folders; the library asks once, at its start.
    fd_prestat_dir_name: (): number => BAD_DESCRIPTOR,
    fd_prestat_get: (): number => BAD_DESCRIPTOR,
    fd_read(_descriptor: number, _buffers: number, _count: number, result: number): number {
      memory.view().setUint32(result, 0, true) // the end of the input
      return OK
    },
    fd_seek: (): number => NOT_SUPPORTED,
    fd_write(descriptor: number, buffers: number, count: number, result: number): number {
      if (descriptor !== STDOUT && descriptor !== STDERR) return BAD_DESCRIPTOR
      const view = memory.view()
      let size = 0
      let text = ''
      for (let i = 0; i < count; i += 1) {
        const length = view.getUint32(buffers + 8 * i + 4, true)
        text += memory.text(view.getUint32(buffers + 8 * i, true), length)
        size += length
      }
      write(descriptor, text)
      view.setUint32(result, size, true)
      return OK
    },
    /** Only for who sleeps for a while. */
    poll_oneoff(subscription: number, event: number, count: number, result: number): number {
      const view = memory.view()
      if (count !== 1 || view.getUint8(subscription + 8) !== CLOCK) return NOT_SUPPORTED
      const time = Number(view.getBigUint64(subscription + 24, true)) / 1e6
      const isAbsolute = (view.getUint16(subscription + 40, true) & ABSOLUTE_TIME) !== 0
      sleep(isAbsolute ? time - now(view.getUint32(subscription + 16, true)) : time)
      memory.bytes(event, 32).fill(0)
      memory.bytes(event, 8).set(memory.bytes(subscription, 8)) // which subscription
      view.setUint32(result, 1, true)
      return OK
    },
    random_get(address: number, size: number): number {
      for (let at = 0; at < size; at += RANDOM_BYTES) {
        const bytes = crypto.getRandomValues(new Uint8Array(Math.min(RANDOM_BYTES, size - at)))
        memory.bytes(address + at, bytes.byteLength).set(bytes)
      }
      return OK
    },
    sched_yield: (): number => OK,
  }
}

const toNanoseconds = (milliseconds: number) => BigInt(Math.round(milliseconds * 1e6))

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
