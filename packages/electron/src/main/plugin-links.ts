// The links that pages ask for: to a plugin, in its home.
import type { Link } from '@shared-channel/core'
import { createChannel, openPlugin } from '@shared-channel/native'
import { checkCapacity } from '@shared-channel/native/host'
import { MessageChannelMain } from 'electron'
import type { Capacities, FromPreload } from '../shared/frame-messages.ts'
import { mirrorLink } from '../shared/mirror-link.ts'
import { packError } from '../shared/plain-error.ts'
import type { Page } from './page.ts'
import type { CheckedPlugin, Plugins } from './plugins.ts'
import { UtilityHome } from './utility-home.ts'

type Asked = Extract<FromPreload, { type: 'connect' }>

export class PluginLinks {
  readonly #plugins: Plugins
  readonly #trusted: boolean
  readonly #homes = new Map<string, UtilityHome>()
  /** Links to utility processes that wait for the page's handle. */
  readonly #awaited = new WeakMap<Page, Map<string, (handle: string) => void>>()

  constructor(plugins: Plugins, trusted: boolean) {
    this.#plugins = plugins
    this.#trusted = trusted
  }

  async connect(page: Page, { id, name, isNative }: Asked): Promise<void> {
    try {
      const plugin = await this.#plugins.find(name)
      await page.previous // what the page before this one had open is released
      if (page.isGone) return
      if (!isNative) await this.#overPort(page, id, plugin)
      else if (plugin.home === 'utility') this.#inUtility(page, id, plugin)
      else page.say({ type: 'granted', id, grant: { kind: 'plugin', path: plugin.path, options: plugin.options } })
    } catch (error) {
      page.say({ type: 'failed', id, error: packError(error) })
    }
  }

  /** The page has made the channel to a utility process. */
  handle(page: Page, id: string, handle: string): void {
    this.#awaited.get(page)?.get(id)?.(handle)
    this.#awaited.get(page)?.delete(id)
  }

  /** Ends all utility processes. */
  close(): void {
    for (const home of this.#homes.values()) home.kill()
  }

  #inUtility(page: Page, id: string, plugin: CheckedPlugin): void {
    let stop: (() => Promise<void>) | undefined
    let isOver = false
    page.opened(id, () => {
      isOver = true
      awaited.delete(id)
      return stop?.()
    })
    const awaited = this.#awaited.get(page) ?? new Map<string, (handle: string) => void>()
    this.#awaited.set(page, awaited)
    awaited.set(id, (handle) => {
      this.#homeOf(plugin)
        .serve(handle, plugin)
        .then(
          (stopServed) => {
            stop = stopServed
            if (isOver) void stop()
            else page.say({ type: 'opened', id })
          },
          (error) => page.say({ type: 'failed', id, error: packError(error) }),
        )
    })
    page.say({ type: 'granted', id, grant: { kind: 'channel', ...capacitiesOf(plugin) } })
  }

  /** For a page that cannot map memory: the link is the main process's, and is carried over a port. */
  async #overPort(page: Page, id: string, plugin: CheckedPlugin): Promise<void> {
    let release: (() => Promise<void>) | undefined
    let isOver = false
    page.opened(id, () => {
      isOver = true
      return release?.()
    })
    const link = await this.#openHere(plugin)
    if (isOver) return link.close() // the page gave up, or is gone
    const { port1, port2 } = new MessageChannelMain()
    const mirrored = mirrorLink(link, port1)
    release = () => mirrored.close()
    void mirrored.closed.then(() => page.release(id))
    page.say({ type: 'granted', id, grant: { kind: 'port', ...capacitiesOf(plugin) } }, [port2])
  }

  /** Never as a thread of the main process: a plugin that crashed there would end the application. */
  async #openHere(plugin: CheckedPlugin): Promise<Link> {
    if (plugin.home !== 'utility') return openPlugin(plugin.path, { ...plugin.options, isolation: 'process' })
    const { sendCapacity, receiveCapacity } = capacitiesOf(plugin)
    const { link, handle } = createChannel({ capacity: sendCapacity, receiveCapacity })
    try {
      await this.#homeOf(plugin).serve(handle, plugin)
      return link
    } catch (error) {
      await link.close()
      throw error
    }
  }

  #homeOf({ name }: CheckedPlugin): UtilityHome {
    const home = this.#homes.get(name) ?? new UtilityHome(name, this.#trusted)
    this.#homes.set(name, home)
    return home
  }
}

const capacitiesOf = ({ options }: CheckedPlugin): Capacities => ({
  sendCapacity: checkCapacity('sendCapacity', options.sendCapacity),
  receiveCapacity: checkCapacity('receiveCapacity', options.receiveCapacity),
})
