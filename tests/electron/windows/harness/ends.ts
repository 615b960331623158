// The ends of links, seen from the test: pages, processes and workers, each with the same Talks.

import type { Frame, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { MemberKind } from '../app/members.ts'
import type { Talks } from '../app/talks.ts'
import type { TestApp } from './test-app.ts'

type Order<Name extends keyof Talks> = Parameters<Talks[Name]>[0]
type Answer<Name extends keyof Talks> = Awaited<ReturnType<Talks[Name]>>

export interface End {
  /** How the main process knows it. */
  readonly address: string
  call<Name extends keyof Talks>(name: Name, order: Order<Name>): Promise<Answer<Name>>
}

export const pageEnd = (page: Page | Frame): End => ({
  address: page.url(),
  call: (name, order) =>
    page.evaluate(
      ([name, order]) => Reflect.apply(globalThis.page.talks[name], globalThis.page.talks, [order]) as never,
      [name, order] as const,
    ),
})

/** The main process itself. */
export const mainEnd = (app: TestApp): End => endIn(app, 'main')

/** A new utility process, or a new worker of the main process. */
export async function memberEnd(app: TestApp, kind: MemberKind): Promise<End> {
  const end = endIn(app, await app.electron.evaluate((_, kind) => main.members.start(kind), kind))
  await end.call('expect', '') // when it answers, it has started
  return end
}

const endIn = (app: TestApp, address: string): End => ({
  address,
  call: (calls, order) =>
    app.electron.evaluate((_, call) => main.call(call) as never, { address, calls, order: order as unknown }),
})

/** Resolves when both have the link of this name. The main process may be the first of them. */
export async function connectEnds(app: TestApp, name: string, ends: readonly [End, End]): Promise<void> {
  await Promise.all(ends.map((end) => end.call('expect', name)))
  const [a, b] = [ends[0].address, ends[1].address]
  if (a === 'main') await app.electron.evaluate((_, order) => main.link(...order), [name, b] as const)
  else await app.electron.evaluate((_, [name, ends]) => main.connect(name, ends), [name, [a, b]] as const)
  await Promise.all(ends.map((end) => end.call('came', name)))
}

/** Both send so much and check what comes. */
export async function expectExchange(name: string, ends: readonly [End, End], mebibytes: number): Promise<void> {
  const received = await Promise.all(ends.map((end, side) => end.call('converse', { name, side, mebibytes })))
  for (const { wrong, bytes } of received) {
    expect(wrong).toBe(0)
    expect(bytes).toBeGreaterThanOrEqual(mebibytes * 2 ** 20)
  }
}
