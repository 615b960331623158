// What sharing memory comes to on this machine, and the switch that forces each way in tests.
import { SharedChannelError } from '@shared-channel/core'
import { loadAddon, type NativeSegment } from './addon.ts'

/** How JavaScript gets at memory that others see too. */
export interface Capabilities {
  /** Whether JavaScript sees the shared memory itself, without a copy. */
  readonly zeroCopy: boolean
  /**
   * `'mapped'`: shared memory lies over pages of the engine's own buffers, which every API accepts. `'transferable'` and
   * `'shared'`: the same over resizable ArrayBuffers and over SharedArrayBuffers. `'aliased'`: over a page's memory, from its
   * preload. `'copy'`: memory of the engine's own, whose contents are copied to and fro.
   */
  readonly memory: 'aliased' | 'shared' | 'transferable' | 'mapped' | 'copy'
  /** Whether native code runs in this process. */
  readonly nativeInProcess: boolean
  /** Why it is not better. */
  readonly reason?: string
}

const FORCED = ['mapped', 'transferable', 'shared', 'copy'] as const
const SMALLEST = 65536

let found: Capabilities | undefined

/**
 * What this process can do with shared memory; asked once, then remembered. The environment variable
 * `SHARED_CHANNEL_MEMORY` (`mapped`, `transferable`, `shared`, `copy`) forces a way, for tests.
 *
 * @throws SharedChannelError `INVALID_ARGUMENT` when the variable says something else.
 * @example
 * const { zeroCopy, reason } = capabilities()
 * if (!zeroCopy) console.warn(`Buffers are copied here: ${reason}`)
 */
export function capabilities(): Capabilities {
  found ??= forced() ?? probe()
  return found
}

function forced(): Capabilities | undefined {
  const value = process.env.SHARED_CHANNEL_MEMORY
  if (value === undefined || value === '') return undefined
  const memory = FORCED.find((known) => known === value)
  if (memory === undefined) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `SHARED_CHANNEL_MEMORY must be one of ${FORCED.join(', ')}; it is "${value}".`,
    )
  }
  return {
    zeroCopy: memory !== 'copy',
    memory,
    nativeInProcess: true,
    reason: 'The environment variable SHARED_CHANNEL_MEMORY says so.',
  }
}

function probe(): Capabilities {
  let segment: NativeSegment | undefined
  try {
    segment = new (loadAddon().NativeSegment)(SMALLEST)
  } catch (error) {
    return { zeroCopy: false, memory: 'copy', nativeInProcess: false, reason: messageOf(error) }
  }
  try {
    segment.map(new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer), 0)
    segment.unmap()
    return { zeroCopy: true, memory: 'mapped', nativeInProcess: true, ...reasonOfName(segment) }
  } catch (error) {
    return { zeroCopy: false, memory: 'copy', nativeInProcess: true, reason: messageOf(error) }
  } finally {
    segment.close()
  }
}

/** Memory that other processes find by name is not sealed, and so only opened by those that trust this one. */
function reasonOfName(segment: NativeSegment): { reason?: string } {
  const isNamed = segment.handle().split(':')[2] === 'n'
  return isNamed
    ? { reason: 'Other processes may not look at this one, so they need `trusted: true` to open its memory.' }
    : {}
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
