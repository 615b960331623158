// What posting and receiving SharedBuffers needs of a host. `@shared-channel/native` implements it with segments.

/**
 * What a receiver may do with a posted buffer. `'read-only'`: its writes stay its own. `'read-only-strict'`: a write ends its
 * process. `'read-write'`: both sides see each other's writes.
 */
export type BufferAccess = 'read-only' | 'read-only-strict' | 'read-write'

/**
 * As what a receiver sees a posted buffer: `'fixed'`, an ArrayBuffer that every web API accepts; `'transferable'`, a resizable
 * one that can be moved to a worker; `'shared'`, a SharedArrayBuffer.
 */
export type BufferKind = 'fixed' | 'transferable' | 'shared'

/** A process, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, as a decimal number; in which unit is the system's affair. */
  readonly startTime: string
}

/**
 * How a receiver's hold came to its end: it let go; it never took the buffer; or it ended, or the way to it did. Only in the last
 * case may somebody still look at the memory, who closed the port and not the buffer.
 */
export type ReleasedBy = 'released' | 'declined' | 'ended'

/** One post's own hold on a buffer: closing the buffer does not end it. */
export type BufferReference = SegmentReference | BufferCopy

export interface SegmentReference {
  /** One line, from which a {@link SegmentHost} opens the same memory as long as the reference is held. */
  readonly handle: string
  /** Lets go; as soon as the receiver has a hold of its own. Called once; must not throw. */
  drop(): void
  /** Told once how the receiver's hold came to its end, or that there was none; after `drop`. Must not throw. */
  released?(by: ReleasedBy): void
}

/** Where no memory can be shared: the bytes, which are moved away. */
export interface BufferCopy {
  readonly copy: ArrayBuffer
}

/** A buffer that can be posted. */
export interface PostableBuffer {
  /** In bytes, 1 to 4 GiB. */
  readonly size: number
  /**
   * A hold for one post.
   *
   * @throws SharedChannelError `CLOSED` when the buffer is closed; `OUT_OF_MEMORY`.
   */
  reference(access: BufferAccess): BufferReference
  /**
   * Calls `ended` once, later, when the process has ended; soon, when it is not there any more.
   *
   * @returns How to stop; or nothing where there is nothing to watch, as when it is this very process.
   */
  watch?(process: ProcessIdentity, ended: () => void): (() => void) | undefined
}

/** How a receiver opens what was posted by handle. */
export interface SegmentHost {
  /**
   * Opens a segment: from here on the receiver has a hold of its own.
   *
   * @param handle From another process: to be checked.
   * @param size Of the buffer, in bytes, 1 to 4 GiB; the segment must have as many.
   * @throws SharedChannelError Why not: `INVALID_ARGUMENT` for a handle that is none, `PEER_LOST` for one whose owner is
   *   gone, `NOT_SUPPORTED` where the system does not let it be opened, `OUT_OF_MEMORY`. The poster is told code and message.
   */
  open(handle: string, access: BufferAccess, size: number): OpenedSegment
  /** This process, for the poster to watch; undefined where there is none to watch. */
  identity(): ProcessIdentity | undefined
}

/**
 * One view of a segment, at most mapped once. It must not hold the buffer that `map` gave: that nobody uses that buffer any
 * more is learned from its garbage collection.
 */
export interface OpenedSegment {
  /**
   * Maps the segment over memory of the engine. Called again, with another kind if need be, only after it threw.
   *
   * @returns A buffer of at least the size, from offset 0.
   * @throws SharedChannelError `NOT_SUPPORTED` for a kind that the engine lacks, `OUT_OF_MEMORY`.
   */
  map(kind: BufferKind): ArrayBufferLike
  /**
   * Lets go. Called once; must not throw.
   *
   * @param buffer What `map` gave: to be detached, and a shared one to be made private zeroes. Undefined when nothing was
   *   mapped, when the buffer was collected, or when it was moved to a worker.
   */
  release(buffer: ArrayBufferLike | undefined): void
}
