// How the main process calls the Talks of a utility process or a worker.
import type { Talks } from './talks.ts'

export type TalksCall = keyof Talks

export interface MemberCall {
  readonly calls: TalksCall
  readonly id: number
  readonly order: unknown
}

export type MemberAnswer =
  | { readonly answers: number; readonly value: unknown }
  | { readonly answers: number; readonly error: string }

/** One of them, with the one value that it takes. */
export const callTalks = (talks: Talks, name: TalksCall, order: unknown): unknown =>
  Reflect.apply(talks[name], talks, [order])
