// Two pages that are connected with each other.
import type { Frame, Page } from 'playwright-core'
import { connectEnds, type End, expectExchange as expectExchangeOf, pageEnd } from './ends.ts'
import type { TestApp } from './test-app.ts'

/** A page or an iframe, which the harness knows by its address. */
export type Talker = Page | Frame

/** Resolves when both have the link of this name. */
export const connectPages = (app: TestApp, name: string, pages: readonly [Talker, Talker]): Promise<void> =>
  connectEnds(app, name, endsOf(pages))

/** Both send so much and check what comes. */
export const expectExchange = (name: string, pages: readonly [Talker, Talker], mebibytes: number): Promise<void> =>
  expectExchangeOf(name, endsOf(pages), mebibytes)

const endsOf = ([a, b]: readonly [Talker, Talker]): [End, End] => [pageEnd(a), pageEnd(b)]
