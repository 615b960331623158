import { Connection, type ConnectionOptions } from './connection.ts'
import type { Protocol } from './protocol.ts'

/** What tells one connection from another: compared by value, as JSON writes it. */
export type ConnectionKey =
  | string
  | number
  | boolean
  | null
  | readonly ConnectionKey[]
  | { readonly [name: string]: ConnectionKey }

/** A key's text: equal for equal keys, whatever the order of their properties. */
export const keyText = (key: ConnectionKey): string =>
  JSON.stringify(key, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

/**
 * Connections by key, so that components share one channel. They are kept for as long as somebody else keeps them: what was
 * only looked at, as by a component that never came up, is forgotten.
 *
 * @example
 * const connections = new Connections()
 * const camera = connections.get(['camera', 0], { connect, protocol: Camera }) // and elsewhere the same one
 */
export class Connections {
  // Weak, as whoever has looked may subscribe after the last subscriber has left, and must be found by those who come then.
  readonly #byKey = new Map<string, WeakRef<Connection<Protocol>>>()
  readonly #collected = new FinalizationRegistry((text: string) => {
    if (this.#byKey.get(text)?.deref() === undefined) this.#byKey.delete(text)
  })

  /** How many keys have a connection. */
  get size(): number {
    return this.#byKey.size
  }

  /**
   * The connection of a key, made by whoever asks first.
   *
   * @param options For one that is made. Keys and protocols belong together: a key names one kind of channel.
   */
  get<P extends Protocol>(key: ConnectionKey, options: ConnectionOptions<P>): Connection<P> {
    const text = keyText(key)
    const found = this.#byKey.get(text)?.deref()
    if (found !== undefined) return found as unknown as Connection<P>
    const made = new Connection(options)
    this.#byKey.set(text, new WeakRef(made as unknown as Connection<Protocol>))
    this.#collected.register(made, text)
    return made
  }
}
