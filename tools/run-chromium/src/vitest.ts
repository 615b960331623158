// A project of vitest whose tests run in a page of the real Chromium.
import { playwright } from '@vitest/browser-playwright'
import type { BrowserCommand, InlineConfig } from 'vitest/node'
import { countWorkers, cpuTimeOfRenderers } from './commands.ts'
import { findChromium, isCI, LeftOut } from './find-chromium.ts'

const ARGS = [
  '--no-sandbox', // the operating system's, which root has not
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--js-flags=--expose-gc', // for `Memories`
]

/** What differs from project to project: any option of vitest's, and the commands that its pages call. */
export interface ChromiumTests extends Omit<InlineConfig, 'browser'> {
  readonly name: string
  /** Besides those that all have (ask-browser.ts). */
  readonly commands?: Readonly<Record<string, BrowserCommand<never>>>
}

/**
 * The `test` part of such a project. Where there is no Chromium its tests are left out, and one line on stderr says so; in CI that
 * is an error.
 *
 * @throws LeftOut in CI, where there is no Chromium.
 */
export function testInChromium(
  { commands, ...test }: ChromiumTests,
  environment: NodeJS.ProcessEnv = process.env,
): InlineConfig {
  const executablePath = find(test.name, environment)
  return {
    testTimeout: 120_000,
    ...test,
    ...(executablePath === undefined && { include: [] }),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args: ARGS } }),
      instances: [{ browser: 'chromium' }],
      commands: { countWorkers, cpuTimeOfRenderers, ...commands },
    },
  }
}

/** What was found on a PATH. Each project asks, and looking whether a browser starts takes a while. */
const found = new Map<string | undefined, string | LeftOut>()

function find(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const chromium = found.get(environment.PATH) ?? search(environment)
  found.set(environment.PATH, chromium)
  if (typeof chromium === 'string') return chromium
  if (isCI(environment)) throw chromium
  console.error(`${name} left out: ${chromium.message}`)
  return undefined
}

function search(environment: NodeJS.ProcessEnv): string | LeftOut {
  try {
    return findChromium(environment)
  } catch (error) {
    if (error instanceof LeftOut) return error
    throw error
  }
}
