import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../bin/shared-channel.js', import.meta.url))

/** Runs the command line in a folder, as npx does. */
export const runCli = (cwd: string, ...args: string[]) => runCopyOfCli(CLI, cwd, ...args)

/** Runs another copy of it: `cli` is its program. */
export function runCopyOfCli(cli: string, cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    // No Electron but the application's, and no packages but those of the folders.
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: '', NODE_PATH: '' },
  })
  return { status, stdout, stderr }
}
