/** Posting SharedBuffers: the posts that are under way on each carrier, and what becomes of them. */
import { type Answer, isAccess, MAX_BUFFER_SIZE, parseText, postText } from './buffer-messages.ts'
import { type Carrier, type CarrierMessage, carrierOf } from './carrier.ts'
import { checkNumber } from './checks.ts'
import { Deferred } from './deferred.ts'
import { invalidArgument, SharedChannelError } from './errors.ts'
import type { BufferAccess, BufferReference, PostableBuffer, ProcessIdentity, ReleasedBy } from './segment-host.ts'

/** How a buffer is posted. */
export interface PostOptions {
  /** What the receiver may do with it. Default `'read-only'`. */
  access?: BufferAccess
  /** Anything that JSON can hold, for the receiver's `additionalData`. */
  additionalData?: unknown
}

/** A buffer that was posted. */
export interface PostedBuffer {
  /**
   * Resolves when the receiver has its own hold of the memory. Rejects with the receiver's reason when it declines, and
   * with `CLOSED` or `PEER_LOST` when the carrier ends before. Where nobody receives buffers, it waits until then.
   */
  readonly received: Promise<void>
  /** Resolves when the receiver holds it no more, or never did; tells how. Never rejects. */
  readonly released: Promise<ReleasedBy>
}

/**
 * Posts a buffer to the other side of a port, a process or a channel, where a {@link SharedBufferReceiver} gets it. Each
 * post has a hold of its own on the memory until the receiver has one, so the buffer may be closed at once. The receiver's
 * hold is its own too: it may outlive the poster.
 *
 * While posts are open (until `released`) there is a listener on the target; see {@link carrierOf}.
 *
 * @param target What {@link carrierOf} takes.
 * @param buffer A SharedBuffer of `@shared-channel/native`, or what else is {@link PostableBuffer}.
 * @param options See {@link PostOptions}.
 * @throws SharedChannelError `INVALID_ARGUMENT` for a bad target, buffer or access, and for data that JSON cannot hold;
 *   `CLOSED` for a closed buffer or a target that has ended; `MESSAGE_TOO_LARGE` for more additional data than the channel
 *   sends; `NOT_SUPPORTED` over a channel where no memory is shared.
 * @example
 * const buffer = createSharedBuffer(100 * 1024 * 1024)
 * render(buffer.bytes)
 * const posted = postSharedBuffer(worker, buffer, { additionalData: { frame: 7 } })
 * buffer.close()
 * await posted.released
 */
export function postSharedBuffer(target: unknown, buffer: PostableBuffer, options: PostOptions = {}): PostedBuffer {
  const carrier = carrierOf(target)
  const posts = postsOf(carrier)
  const { message, post } = posts.open(buffer, options)
  try {
    carrier.post(message, message.buffer && [message.buffer])
  } catch (error) {
    posts.giveUp(post, error)
    throw error
  }
  return { received: post.received.promise, released: post.released.promise }
}

/** A post that is under way. */
export interface OpenPost {
  readonly id: number
  readonly received: Deferred<void>
  readonly released: Deferred<ReleasedBy>
  /** Lets go of the memory; until the receiver has a hold of its own. */
  drop: (() => void) | undefined
  readonly onReleased: ((by: ReleasedBy) => void) | undefined
  readonly watch: ((process: ProcessIdentity, ended: () => void) => (() => void) | undefined) | undefined
  stopWatching?: (() => void) | undefined
}

/** What is under way on one carrier. */
export class Posts {
  readonly #carrier: Carrier
  readonly #open = new Map<number, OpenPost>()
  /** Sent before the other side was replaced, and lost or not. In order. */
  #uncertain: OpenPost[] = []
  #stopListening: (() => void) | undefined
  #leave: (() => void) | undefined
  /** From anywhere, so that another copy of this package on the same target uses others. */
  #nextId = Math.floor(Math.random() * 2 ** 32)

  constructor(carrier: Carrier) {
    this.#carrier = carrier
  }

  /** Opens a post, and makes the message that is then to be sent. */
  open(
    buffer: PostableBuffer,
    { access = 'read-only', additionalData }: PostOptions,
  ): { message: CarrierMessage; post: OpenPost } {
    checkBuffer(buffer)
    if (!isAccess(access)) {
      throw invalidArgument(
        `access must be 'read-only', 'read-only-strict' or 'read-write'; it is ${JSON.stringify(access) ?? typeof access}.`,
      )
    }
    const data = toJson(additionalData)
    const { size } = buffer
    checkNumber('The size of the buffer', size, MAX_BUFFER_SIZE, 'an integer')
    const reference = buffer.reference(access)
    const id = this.#nextId++
    const post: OpenPost = {
      id,
      received: new Deferred(),
      released: new Deferred(),
      drop: 'drop' in reference ? () => reference.drop() : undefined,
      onReleased: 'released' in reference ? (by) => reference.released?.(by) : undefined,
      watch: buffer.watch?.bind(buffer),
    }
    this.#add(post)
    const handle = 'handle' in reference ? reference.handle : ''
    const sharedChannel = postText({ id, access, size, handle, additionalData: data })
    return { message: { sharedChannel, ...copyIn(reference) }, post }
  }

  /** A post that was not sent after all. */
  giveUp(post: OpenPost, reason: unknown): void {
    post.received.reject(reason)
    this.#end(post, 'declined')
  }

  #add(post: OpenPost): void {
    this.#open.set(post.id, post)
    this.#stopListening ??= this.#carrier.listen({
      message: ({ sharedChannel }) => this.#answered(parseText(sharedChannel)),
      ended: (reason) => this.#ended(reason),
      replaced: (mayStillCome) => this.#replaced(mayStillCome),
    })
    this.#leave ??= this.#carrier.addConsumer?.()
  }

  #answered(answer: ReturnType<typeof parseText>): void {
    const post = answer && this.#open.get(answer.id)
    if (post === undefined) return
    this.#loseBefore(post)
    if (answer?.verb === 'received') this.#received(post, answer)
    else if (answer?.verb === 'released') this.#end(post, 'released')
    else if (answer?.verb === 'declined') {
      post.received.reject(answer.reason)
      this.#end(post, 'declined')
    }
  }

  #received(post: OpenPost, { process }: Answer & { verb: 'received' }): void {
    if (!post.received.isPending) return
    post.received.resolve()
    drop(post)
    if (process !== undefined) post.stopWatching = post.watch?.(process, () => this.#end(post, 'ended'))
  }

  #ended(reason: SharedChannelError): void {
    for (const post of [...this.#open.values()]) this.#lose(post, reason)
  }

  #replaced(mayStillCome: boolean): void {
    this.#uncertain = []
    for (const post of [...this.#open.values()]) {
      if (mayStillCome && post.received.isPending) this.#uncertain.push(post)
      else this.#lose(post, lost())
    }
  }

  /** What was sent before a post that is answered, and is not answered itself, was lost. */
  #loseBefore(answered: OpenPost): void {
    for (let [first] = this.#uncertain; first !== undefined && first.id <= answered.id; [first] = this.#uncertain) {
      this.#uncertain.shift()
      if (first !== answered) this.#lose(first, lost())
    }
  }

  #lose(post: OpenPost, reason: SharedChannelError): void {
    post.received.reject(reason)
    this.#end(post, 'ended')
  }

  #end(post: OpenPost, by: ReleasedBy): void {
    if (!this.#open.delete(post.id)) return
    post.received.resolve() // a receiver that has let go had it
    drop(post)
    post.stopWatching?.()
    post.onReleased?.(by)
    post.released.resolve(by)
    if (this.#open.size > 0) return
    this.#stopListening?.()
    this.#leave?.()
    this.#stopListening = this.#leave = undefined
  }
}

const posts = new WeakMap<Carrier, Posts>()

/** The posts of a carrier; one table for all that post over it. */
export function postsOf(carrier: Carrier): Posts {
  let found = posts.get(carrier)
  if (found === undefined) {
    found = new Posts(carrier)
    posts.set(carrier, found)
  }
  return found
}

const lost = () =>
  new SharedChannelError('PEER_LOST', 'The other side ended before it had the buffer; it was restarted.')

function drop(post: OpenPost): void {
  const { drop } = post
  post.drop = undefined
  drop?.()
}

const copyIn = (reference: BufferReference): { buffer?: ArrayBuffer } =>
  'copy' in reference ? { buffer: reference.copy } : {}

function checkBuffer(buffer: PostableBuffer): void {
  if (typeof (buffer as Partial<PostableBuffer> | undefined)?.reference === 'function') return
  const found = Object.prototype.toString.call(buffer)
  throw invalidArgument(
    `Only a SharedBuffer can be posted, from createSharedBuffer or openSharedBuffer; this is ${found}.`,
  )
}

/** As JSON; empty for undefined. */
function toJson(data: unknown): string {
  if (data === undefined) return ''
  let why = `it is a ${typeof data}`
  try {
    const text: string | undefined = JSON.stringify(data)
    if (text !== undefined) return text
  } catch (error) {
    why = String(error)
  }
  throw invalidArgument(`additionalData must be something that JSON can hold: ${why}.`)
}
