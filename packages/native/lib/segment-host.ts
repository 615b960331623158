// How a receiver opens what was posted by handle: what core asks of a host, with segments.
import type { BufferAccess, BufferKind, OpenedSegment, SegmentHost } from '@shared-channel/core'
import { SharedChannelError } from '@shared-channel/core'
import type { NativeSegment } from './addon.ts'
import { copyBack, mapBuffer, unmapBuffer } from './buffer-memory.ts'
import { thisProcess } from './processes.ts'
import { openNativeSegment } from './segment.ts'
import { closeUsers } from './segment-users.ts'

/** @param trusted Whether those that post belong to this application; see `OpenSharedBufferOptions`. */
export function segmentHost(trusted: boolean): SegmentHost {
  return {
    open: (handle, access, size) => new Opened(openNativeSegment(handle, access, trusted), access, size),
    identity: thisProcess,
  }
}

class Opened implements OpenedSegment {
  readonly #native: NativeSegment
  readonly #access: BufferAccess
  readonly #size: number

  constructor(native: NativeSegment, access: BufferAccess, size: number) {
    this.#native = native
    this.#access = access
    this.#size = size
    if (native.size() !== size) {
      native.close()
      throw new SharedChannelError('INVALID_ARGUMENT', `The handle is of a buffer of another size than ${size}.`)
    }
  }

  map(kind: BufferKind): ArrayBufferLike {
    return mapBuffer(this.#native, kind, this.#access, this.#size)
  }

  release(buffer: ArrayBufferLike | undefined): void {
    closeUsers(this.#native)
    if (buffer !== undefined) {
      if (this.#access === 'read-write') copyBack(this.#native, buffer)
      unmapBuffer(this.#native, buffer)
    }
    this.#native.close()
  }
}
