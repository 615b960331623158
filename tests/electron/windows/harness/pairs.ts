// Two pages that are connected with each other.
import type { Frame, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { TestApp } from './test-app.ts'

/** A page or an iframe, which the harness knows by its address. */
export type Talker = Page | Frame

/** Resolves when both have the link of this name. */
export async function connectPages(app: TestApp, name: string, ends: readonly [Talker, Talker]): Promise<void> {
  await Promise.all(ends.map((end) => end.evaluate((name) => globalThis.page.expectLink(name), name)))
  const addresses = ends.map((end) => end.url()) as [string, string]
  await app.electron.evaluate((_, [name, addresses]) => main.connect(name, addresses), [name, addresses] as const)
  await Promise.all(ends.map((end) => end.evaluate(async (name) => void (await page.conversations.get(name)), name)))
}

/** Both send so much and check what comes. */
export async function expectExchange(name: string, ends: readonly [Talker, Talker], mebibytes: number): Promise<void> {
  const received = await Promise.all(
    ends.map((end, side) => end.evaluate((order) => globalThis.page.converse(order), { name, side, mebibytes })),
  )
  for (const { wrong, bytes } of received) {
    expect(wrong).toBe(0)
    expect(bytes).toBeGreaterThanOrEqual(mebibytes * 2 ** 20)
  }
}
