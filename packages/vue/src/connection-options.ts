import type { ConnectionOptions, Protocol } from '@shared-channel/core'
import { type MaybeRefOrGetter, toValue, unref } from 'vue'
import type { SharedChannelOptions } from './types.ts'

/**
 * The value of an option that may be a function of `args`, and a ref or a getter of that. What a getter returns may be a function
 * in its turn, and a getter has no use for `args`: so each function is called with them until there is a value.
 */
export function resolve<Args extends readonly unknown[], Value>(
  option: MaybeRefOrGetter<Value | ((...args: Args) => Value)>,
  ...args: Args
): Value {
  let value: unknown = unref(option)
  while (typeof value === 'function') value = value(...args)
  return value as Value
}

/** How many failures in a row there were before, and the error. */
type Failure = [attempt: number, error: unknown]

/** The options for core, read anew at each attempt. */
export function connectionOptions<P extends Protocol>(options: SharedChannelOptions<P>): ConnectionOptions<P> {
  return {
    connect: (signal) => resolve(options.connect, signal),
    get protocol() {
      return toValue(options.protocol)
    },
    get channelOptions() {
      return toValue(options.channelOptions)
    },
    retry: (attempt, error) => {
      const retry = resolve<Failure, boolean | number>(options.retry ?? 0, attempt, error)
      return typeof retry === 'number' ? attempt < retry : retry
    },
    get retryDelay() {
      const { retryDelay } = options
      return retryDelay && ((...failure: Failure) => resolve(retryDelay, ...failure))
    },
  }
}
