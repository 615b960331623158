import { SharedChannelError } from './errors.ts'

/** A stream of what the iterator gives. It takes nothing ahead: a reader that is slow holds the ring back. */
export function readableFrom<T>(iterate: () => AsyncIterableIterator<T>): ReadableStream<T> {
  if (typeof ReadableStream === 'undefined') throw notSupported('ReadableStream', 'for await (… of channel)')
  const iterator = iterate()
  return new ReadableStream<T>(
    {
      pull: async (controller) => {
        const { value, done } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => void iterator.return?.(),
    },
    { highWaterMark: 0 },
  )
}

/** A stream into `write`, which resolves when there is room for more. */
export function writableTo<T>(write: (message: T) => Promise<void>, flush: () => Promise<void>): WritableStream<T> {
  if (typeof WritableStream === 'undefined') throw notSupported('WritableStream', 'channel.send')
  return new WritableStream<T>({ write, close: flush })
}

function notSupported(name: string, instead: string): SharedChannelError {
  return new SharedChannelError('NOT_SUPPORTED', `This host has no ${name}. Use ${instead}.`)
}
