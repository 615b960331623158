import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../bin/shared-channel.js', import.meta.url))

/** Runs the command line in a folder, as npx does. */
export function runCli(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    // No Electron but the application's.
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: '' },
  })
  return { status, stdout, stderr }
}
