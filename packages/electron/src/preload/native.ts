// Native code in this renderer: where the window has `sandbox: false`.
import { SharedChannelError } from '@shared-channel/core'
import type * as Host from '@shared-channel/native/host'
import { MEMORY_WAYS, type MemoryWay, type PageSide } from '../shared/bridge.ts'
import { allocatePages, type SharedPages } from './page-memory.ts'

/** Native code over memory of the page. */
export interface Native {
  readonly host: typeof Host
  readonly way: MemoryWay
  readonly trusted: boolean
  /** For one thing that wants memory. */
  pages(): Allocation
}

/** Memory of the page for one link or buffer: what it asks for, or nothing when it fails before. */
export class Allocation {
  readonly #way: MemoryWay
  readonly #page: PageSide
  #made: SharedPages | undefined

  constructor(way: MemoryWay, page: PageSide) {
    this.#way = way
    this.#page = page
  }

  /** Called once or not at all. */
  readonly allocate = (size: number): Uint8Array => {
    this.#made = allocatePages(this.#way, this.#page, size)
    return this.#made.view
  }

  /** What is mapped now. Gives it to the page; returns its token. */
  handOver(): string {
    const made = this.#made as SharedPages
    made.handOver()
    return made.token
  }

  /** Nothing has come of it. */
  forget(): void {
    if (this.#made !== undefined) this.#page.forgetMemory(this.#made.token)
  }
}

/** What the main process says of this page. */
export interface NativeOptions {
  /** The file of `@shared-channel/native/host`, as the main process has found it. */
  readonly host: string
  readonly trusted: boolean
  /** For tests: the only way to try. */
  readonly memory: MemoryWay | undefined
  /** Whether native code may run here at all. */
  readonly isNative: boolean
}

const PROBED = 65536

/**
 * @throws SharedChannelError `NOT_SUPPORTED` when there is no native code here, or no way for its memory into the page; the
 *   message says why.
 */
export function loadNative(page: PageSide, options: NativeOptions): Native {
  if (process.sandboxed) {
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      'This window is sandboxed, so its preload can load no native code and memory is copied. With sandbox: false it is shared.',
    )
  }
  if (!options.isNative) {
    throw new SharedChannelError(
      'NOT_SUPPORTED',
      'This page shares its renderer with the one that opened it, where Electron keeps native code alive for the first page only. So memory is copied; a window that the main process opens shares it.',
    )
  }
  const host = load(options.host)
  const reasons: unknown[] = []
  for (const way of MEMORY_WAYS) {
    if (options.memory !== undefined && options.memory !== way) continue
    try {
      probe(host, way, page)
      return { host, way, trusted: options.trusted, pages: () => new Allocation(way, page) }
    } catch (error) {
      reasons.push(`${way}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new SharedChannelError('NOT_SUPPORTED', `No shared memory reaches this page. ${reasons.join(' ')}`)
}

/** In each page that may have it, whether it wants it or not: it may have iframes, with which it shares the event loop. */
export function loadAddon({ host, isNative }: NativeOptions): void {
  if (!isNative) return
  try {
    load(host).shareEventLoop(soon)
  } catch {
    // Told when somebody wants memory.
  }
}

/** As a task, and not by a timer: those of hidden windows wait longer. */
function soon(task: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = task
  port2.postMessage(null)
}

/** At run time, from where the main process has it: a bundler that has put this file elsewhere must not follow. */
function load(file: string): typeof Host {
  try {
    // Older Electron has no getBuiltinModule, and there preloads are CommonJS.
    const load = process.getBuiltinModule?.('module').createRequire(file) ?? require
    return load(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SharedChannelError('NOT_SUPPORTED', `The native code cannot be loaded into this page: ${reason}`, {
      cause,
    })
  }
}

/** @throws What is wrong with this way. */
function probe(host: typeof Host, way: MemoryWay, page: PageSide): void {
  if (way === 'shared') {
    if (!crossOriginIsolated) throw new Error('the page is not cross-origin isolated (COOP and COEP).')
    return
  }
  if (way === 'transferable') {
    if (!('resizable' in ArrayBuffer.prototype)) throw new Error('the engine has no resizable buffers (Chromium 111).')
    return
  }
  const segment = host.createSegment(PROBED)
  const pages = allocatePages(way, page, PROBED)
  try {
    segment.map(pages.view, 'read-write')
    pages.view[0] = 41
    if (page.probe(pages.token) !== 41 || pages.view[0] !== 42) {
      throw new Error('what the preload writes into memory that the page shows does not appear in the page.')
    }
  } finally {
    segment.unmap()
    segment.close()
    page.forgetMemory(pages.token)
  }
}
