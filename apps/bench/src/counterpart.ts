/** Someone to send messages to and to get them from: a plugin behind a channel, or a worker behind postMessage. */
export interface Counterpart {
  /**
   * Sends `payload` so many times; the other side counts and reads a byte of each cache line.
   *
   * @returns Seconds until the other side has confirmed all of them.
   */
  send(payload: Uint8Array, messages: number): Promise<number>
  /**
   * Has the other side send so many messages of `size` bytes, and hands each to `take`.
   *
   * @returns Seconds from the order to the last message.
   */
  receive(size: number, messages: number, take: (message: Uint8Array) => void): Promise<number>
  /**
   * Fills an array of `size` bytes and sends it, so many times; the other side counts and reads a byte of each cache line.
   *
   * @returns Seconds until the other side has confirmed all of them.
   */
  fill(size: number, messages: number): Promise<number>
  /**
   * Has the other side make and send so many descriptions with this text, as JSON, and hands each, parsed, to `take`.
   *
   * @returns Seconds from the order to the last message.
   */
  receiveJson(text: string, messages: number, take: (value: Description) => void): Promise<number>
  /** Sends `payload` there and back. Resolves when it has come. */
  echo(payload: Uint8Array): Promise<void>
  /** Asks the other side, which answers with the same bytes. Any number of requests may be open. */
  request(payload: Uint8Array): Promise<Uint8Array>
  close(): Promise<unknown>
}

/** What JSON messages say. */
export interface Description {
  readonly index: number
  readonly source: string
  readonly level: string
  readonly message: string
}

const CACHE_LINE = 64

/** One byte of each cache line, added up. */
export function sumOfLines(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += CACHE_LINE) sum += bytes[at] as number
  return sum
}

/** What `fill` fills message `index` with. */
export const fillByte = (index: number): number => index & 0xff

/** Throws unless the other side has read all that `fill` sent. */
export function checkFilled(size: number, messages: number, count: number, sum: number): void {
  let expected = 0
  for (let i = 0; i < messages; i++) expected += fillByte(i) * Math.ceil(size / CACHE_LINE)
  checkTally(messages, expected, { count, sum })
}

/** Throws unless the other side has read all that was sent. */
export function checkReport(payload: Uint8Array, messages: number, count: number, sum: number): void {
  checkTally(messages, sumOfLines(payload) * messages, { count, sum })
}

/** Throws unless the other side has seen so many messages, with this sum of their lines. */
export function checkTally(
  messages: number,
  expected: number,
  { count, sum }: { readonly count: number; readonly sum: number },
): void {
  if (count === messages && sum === expected) return
  throw new Error(`of ${messages} messages with sum ${expected}, the other side saw ${count} with sum ${sum}`)
}

/** Throws unless `message` is the one numbered `index`. The other side counts in the first byte. */
export function checkOrder(message: Uint8Array, size: number, index: number): void {
  if (message.length === size && message[0] === (index & 0xff)) return
  throw new Error(
    `message ${index} has ${message.length} bytes and number ${message[0]}, modulo 256; ${size} were ordered`,
  )
}

export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
