// The page itself, in its own world, where no Node is: driven by source text.
import type { WebContents } from 'electron'
import type { Part } from './buffers.ts'
import { SHOW_MEMORY } from './page-memory.ts'
import { checksum, fill } from './pattern.ts'

export class Page {
  readonly #contents: WebContents

  constructor(contents: WebContents) {
    this.#contents = contents
  }

  /** Whether the page has COOP and COEP. */
  isIsolated(): Promise<boolean> {
    return this.#run('crossOriginIsolated')
  }

  /** Makes memory of the page's own and shows it to the preload. */
  async showMemory(size: number): Promise<void> {
    await this.#run(`
      const pages = ${Math.ceil(size / 65536)}
      const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages })
      globalThis.shared = new Uint8Array(buffer)
      document.dispatchEvent(new MediaEncryptedEvent('${SHOW_MEMORY}', { initData: buffer }))
      true`)
  }

  async expectMemory(): Promise<void> {
    await this.#run(`
      globalThis.arrived = new Promise((resolve) => {
        addEventListener('message', ({ data }) => {
          globalThis.shared = new Uint8Array(data)
          resolve(String(data))
        }, { once: true })
      })
      true`)
  }

  /** What kind of memory the preload has posted. */
  arrivedMemory(): Promise<string> {
    return this.#run('arrived')
  }

  async fillPart({ offset, length }: Part, seed: number): Promise<void> {
    await this.#run(`(${fill})(shared.subarray(${offset}, ${offset + length}), ${seed})`)
  }

  checksums(parts: readonly Part[]): Promise<number[]> {
    return this.#run(
      `${JSON.stringify(parts)}.map(({ offset, length }) => (${checksum})(shared.subarray(offset, offset + length)))`,
    )
  }

  #run(source: string) {
    return this.#contents.executeJavaScript(source)
  }
}
