// The renderers of the browser, as the library that was loaded into them answers (src/renderer_library.cpp).
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** As `PageAccess` in packages/native/src/page_map.hpp. */
export type Access = 'read-write' | 'copy-on-write' | 'read-only'

/** A segment over a page's memory. */
export interface Mapping {
  /** The renderer's process. */
  readonly pid: number
  readonly address: bigint
  readonly length: number
  /** Puts private memory back. */
  restore(): Promise<void>
}

export class Renderers {
  readonly #server: Server
  readonly #connected = new Set<Renderer>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      const renderer = new Renderer(socket)
      this.#connected.add(renderer)
      socket.on('close', () => this.#connected.delete(renderer))
    })
  }

  static async listen(path: string): Promise<Renderers> {
    const server = createServer().listen(path)
    await once(server, 'listening')
    return new Renderers(server)
  }

  /**
   * Maps a segment over memory that a page has marked, in whichever renderer it is.
   *
   * @param marker What the page's `make` returned.
   * @param length Of the memory, in bytes.
   */
  async map(marker: string, length: number, handle: string, access: Access = 'read-write'): Promise<Mapping> {
    const order = `map ${marker} ${length} ${access} ${handle}`
    // There are others: a renderer in reserve, and those of pages before.
    const answers = await Promise.all(
      [...this.#connected].map(async (renderer) => ({ renderer, answer: await renderer.ask(order) })),
    )
    const found = answers.find(({ answer }) => answer !== 'absent')
    const [, pid, address] = /^mapped (\d+) (\d+)$/.exec(found?.answer ?? '') ?? []
    if (found === undefined || pid === undefined || address === undefined) {
      throw new Error(`${answers.length} renderers: ${found?.answer ?? 'the marked memory is in none of them'}`)
    }
    return {
      pid: Number(pid),
      address: BigInt(address),
      length,
      async restore() {
        const answer = await found.renderer.ask(`restore ${address} ${length}`)
        if (answer !== 'restored') throw new Error(answer)
      },
    }
  }

  close(): void {
    this.#server.close()
  }
}

class Renderer {
  readonly #socket: Socket
  readonly #waiting: ((answer: string) => void)[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    createInterface(socket)
      .on('line', (line) => this.#waiting.shift()?.(line))
      .on('error', () => {}) // a renderer ends without a word; `close` follows
    socket.on('close', () => {
      for (const answer of this.#waiting.splice(0)) answer('absent')
    })
  }

  /** The answer to an order; of a renderer that has ended: that there is nothing. */
  ask(order: string): Promise<string> {
    if (this.#socket.destroyed) return Promise.resolve('absent')
    this.#socket.write(`${order}\n`)
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }
}

/** Part of a process's address space, as its /proc/PID/maps tells. */
export interface Range {
  readonly begin: bigint
  readonly end: bigint
  readonly name: string
}

/** @returns In the order of addresses. */
export function addressSpace(pid: number): Range[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [, begin, end, name = ''] = /^(\S+)-(\S+) \S+ \S+ \S+ \d+ *(.*)$/.exec(line) ?? []
    return { begin: BigInt(`0x${begin}`), end: BigInt(`0x${end}`), name }
  })
}

/** Where segments lie in a process. */
export function mappedSegments(pid: number): Range[] {
  return addressSpace(pid).filter(({ name }) => name.startsWith('/memfd:shared-channel-'))
}
