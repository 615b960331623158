import type { Protocol, ReceiveName, ReceivePayload } from './protocol.ts'

/**
 * How payloads of one type are kept for longer than a handler runs: views of shared memory (`bytes({ view: true })`) as copies,
 * all others as they are. What a codec of your own makes of a view is copied if it is a typed array.
 *
 * @param type The message's name in the protocol.
 * @returns Called in the handler, gives what may be kept.
 * @example
 * const keep = keptPayload(Camera, 'frame')
 * channel.on('frame', (pixels) => frames.push(keep(pixels)))
 */
export function keptPayload<P extends Protocol, Name extends ReceiveName<P>>(
  protocol: P,
  type: Name,
): (data: ReceivePayload<P, Name>) => ReceivePayload<P, Name> {
  const isView = protocol.receive[type]?.codec.input === 'view'
  return (data) => (isView && isSliceable(data) ? data.slice() : data)
}

const isSliceable = <T>(data: T): data is T & { slice(): T } => ArrayBuffer.isView(data) && 'slice' in data
