// Calls from the main process into another one, over anything that carries messages.
import { SharedChannelError, type SharedChannelErrorCode } from '@shared-channel/core'

/** What carries messages to one other process and back. */
export interface Wire {
  post(message: object): void
  listen(handler: (message: unknown) => void): void
}

/** Functions that another process may call; arguments and results are JSON. */
export type Acts = object
type Act<A, Name extends keyof A> = A[Name] extends (...args: infer Args) => infer Result
  ? { args: Args; result: Awaited<Result> }
  : never

/** Where functions can be called, here or there. */
export interface Caller<A extends Acts> {
  call<Name extends keyof A & string>(name: Name, ...args: Act<A, Name>['args']): Promise<Act<A, Name>['result']>
}

interface Call {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: SharedChannelErrorCode | ''; readonly message: string }
}

/** In the process that is called. */
export function serve(acts: Acts, wire: Wire): void {
  wire.listen((message) => {
    const { id, name, args } = message as Partial<Call>
    if (id === undefined || name === undefined || args === undefined) return // of a buffer that was posted
    perform(acts, name, args).then(
      (result) => wire.post({ id, result } satisfies Answer),
      ({ code = '', stack }) => wire.post({ id, error: { code, message: stack } } satisfies Answer),
    )
  })
}

/** In the process that calls. */
export function callerOver<A extends Acts>(wire: Wire): Caller<A> {
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  wire.listen((message) => {
    const answer = message as Answer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  return {
    call: async (name, ...args) => {
      const id = ++lastId
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
      wire.post({ id, name, args } satisfies Call)
      const { result, error } = await answered
      if (error === undefined) return result as never
      throw error.code === '' ? new Error(error.message) : new SharedChannelError(error.code, error.message)
    },
  }
}

/** The same without a process in between. */
export function localCaller<A extends Acts>(acts: A): Caller<A> {
  return { call: (name, ...args) => perform(acts, name, args) as never }
}

async function perform(acts: Acts, name: string, args: readonly unknown[]): Promise<unknown> {
  return Reflect.apply(Reflect.get(acts, name), undefined, args)
}
