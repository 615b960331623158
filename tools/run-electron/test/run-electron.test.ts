import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest'
import { isCI, LeftOut } from '../src/find-electron.ts'
import { type ElectronRun, runElectron } from '../src/run-electron.ts'

const LONG = 30_000
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-channel-run-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs an app with this main file. Skips the test where there is no Electron. */
async function run(context: TestContext, code: string, options: Partial<ElectronRun> = {}): Promise<string> {
  const app = join(folder, 'main.cjs')
  writeFileSync(app, `const { app } = require('electron')\n${code}`)
  try {
    return await runElectron({ app, deadline: LONG, ...options })
  } catch (error) {
    if (error instanceof LeftOut && !isCI()) return context.skip(error.message)
    throw error
  }
}

it('gives what an app says, which finds its environment and a display', async (context) => {
  const code = `app.whenReady().then(() => { process.stdout.write(process.env.WORD + (process.env.DISPLAY !== '')); app.exit() })`
  expect(await run(context, code, { environment: { WORD: 'hello ' } })).toBe('hello true')
})

it('fails with what an app has complained of, when it does not end well', async (context) => {
  await expect(run(context, `console.error('no camera'); app.exit(3)`)).rejects.toThrow(/ended with 3:.*no camera/s)
})

it('ends an app that does not end by itself', async (context) => {
  await expect(run(context, '', { deadline: 1000 })).rejects.toThrow('was ended after 1000 ms')
})
