// Segments of one process in a table: the smallest host that buffers can have. What it gives as 'shared' is the memory
// itself; an ArrayBuffer over it, which only native code can make, is a copy of its bytes here.
import { invalidArgument, SharedChannelError } from '../../src/errors.ts'
import type {
  BufferAccess,
  BufferKind,
  OpenedSegment,
  PostableBuffer,
  ProcessIdentity,
  SegmentHost,
  SegmentReference,
} from '../../src/segment-host.ts'

interface Segment {
  readonly memory: SharedArrayBuffer
  /** Who holds it: the buffer, its posts, its receivers. */
  holds: number
}

export class TableHost implements SegmentHost {
  /** Whatever is held, by handle; as a system does, it forgets the others. */
  readonly segments = new Map<string, Segment>()
  /** What was opened, in order; and what was given back, with the buffers as they were then. */
  readonly opened: { handle: string; access: BufferAccess; size: number }[] = []
  readonly released: (ArrayBufferLike | undefined)[] = []
  process: ProcessIdentity | undefined

  create(size: number): TableBuffer {
    return new TableBuffer(this, this.add(new SharedArrayBuffer(size)))
  }

  /** Returns the handle. */
  add(memory: SharedArrayBuffer): string {
    const handle = `table-${crypto.randomUUID()}`
    this.segments.set(handle, { memory, holds: 1 })
    return handle
  }

  open(handle: string, access: BufferAccess, size: number): OpenedSegment {
    const { memory } = this.segment(handle)
    if (memory.byteLength < size) throw invalidArgument(`The segment has ${memory.byteLength} bytes.`)
    this.opened.push({ handle, access, size })
    const drop = this.hold(handle)
    let isMapped = false
    return {
      map: (kind) => {
        if (isMapped) throw new Error('mapped twice')
        const buffer = bufferOf(memory, kind)
        isMapped = true
        return buffer
      },
      release: (buffer) => {
        this.released.push(buffer)
        drop()
        if (buffer instanceof ArrayBuffer) structuredClone(null, { transfer: [buffer] })
      },
    }
  }

  identity(): ProcessIdentity | undefined {
    return this.process
  }

  segment(handle: string): Segment {
    const segment = this.segments.get(handle)
    if (segment === undefined) throw new SharedChannelError('PEER_LOST', `There is no segment ${handle}.`)
    return segment
  }

  /** Holds a segment once more. Returns how to let go, which throws the second time. */
  hold(handle: string): () => void {
    const segment = this.segment(handle)
    segment.holds++
    let isHeld = true
    return () => {
      if (!isHeld) throw new Error('let go of twice')
      isHeld = false
      if (--segment.holds === 0) this.segments.delete(handle)
    }
  }
}

export class TableBuffer implements PostableBuffer {
  readonly size: number
  readonly handle: string
  readonly bytes: Uint8Array
  /** Processes that are watched, and how they end. */
  readonly watched = new Map<string, () => void>()
  readonly #host: TableHost
  #isOpen = true

  constructor(host: TableHost, handle: string) {
    this.#host = host
    this.handle = handle
    this.bytes = new Uint8Array(host.segment(handle).memory)
    this.size = this.bytes.length
  }

  reference(_access: BufferAccess): SegmentReference {
    if (!this.#isOpen) throw new SharedChannelError('CLOSED', 'The buffer is closed.')
    return { handle: this.handle, drop: this.#host.hold(this.handle) }
  }

  watch({ pid, startTime }: ProcessIdentity, ended: () => void): () => void {
    const key = `${pid} ${startTime}`
    this.watched.set(key, ended)
    return () => void this.watched.delete(key)
  }

  close(): void {
    this.#isOpen = false
    const segment = this.#host.segment(this.handle)
    if (--segment.holds === 0) this.#host.segments.delete(this.handle)
  }
}

function bufferOf(memory: SharedArrayBuffer, kind: BufferKind): ArrayBufferLike {
  if (kind === 'shared') return memory
  // Larger, as a mapping of whole pages is.
  const buffer = new ArrayBuffer(memory.byteLength + 100)
  new Uint8Array(buffer).set(new Uint8Array(memory))
  return buffer
}

/** A buffer that is copied when it is posted, as where no memory can be shared. */
export const copying = (bytes: Uint8Array): PostableBuffer => ({
  size: bytes.length,
  reference: () => ({ copy: new Uint8Array(bytes).buffer }),
})
