// Starts an app in the real Electron.
import { chownSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type Launch, plainLaunch, theElectron } from '../../launch.ts'
import { TestApp } from './test-app.ts'

const APP = fileURLToPath(new URL('../../dist/windows/main.cjs', import.meta.url))
const RUN_AS_NOBODY = fileURLToPath(new URL('run-as-nobody.sh', import.meta.url))

export interface AppOptions {
  /** Its main file. Default: the app of this folder. */
  readonly main?: string
  readonly switches?: readonly string[]
  /** Beside that of the tests. */
  readonly environment?: Readonly<Record<string, string>>
}

/** It ends with the test. */
export async function startApp(launch: Launch = plainLaunch(), options: AppOptions = {}): Promise<TestApp> {
  const { main = APP, switches = [], environment } = options
  const { executable, user } = launch
  const home = mkdtempSync(join(tmpdir(), 'shared-channel-windows-'))
  if (user !== undefined) chownSync(home, user, user)
  const electron = await _electron.launch({
    executablePath: user === undefined ? executable : RUN_AS_NOBODY,
    chromiumSandbox: !launch.switches.includes('--no-sandbox'),
    args: [...launch.switches, '--disable-gpu', '--js-flags=--expose-gc', `--user-data-dir=${home}`, ...switches, main],
    env: {
      ...definedOf(process.env),
      ...environment,
      HOME: home,
      DISPLAY: theElectron().display,
      SHARED_CHANNEL_ELECTRON: executable,
    },
  })
  const app = new TestApp(electron, home)
  onTestFinished(() => app.kill())
  return app
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
