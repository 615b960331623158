// Electron as an ordinary user runs it, with its sandbox on; the tests themselves are root.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const NOBODY = 65534
const APP = fileURLToPath(new URL('dist/main.cjs', import.meta.url))

/** A copy of Electron that everybody may run: what root has in its home nobody else can. */
export interface OrdinaryElectron {
  readonly executable: string
  /**
   * The same, which may be run and not read. The kernel lets nobody look at such processes: they are not dumpable. (Nor can
   * Electron set up its sandbox in one, unless a helper with root's rights does it.)
   */
  readonly protectedExecutable: string
  remove(): void
}

/** Undefined where the tests cannot become somebody else, or where others may not read what they need. */
export function copyForEverybody(executable: string): OrdinaryElectron | undefined {
  if (![APP, process.execPath].every((file) => mayRead(NOBODY, file))) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'shared-channel-sandbox-'))
  chmodSync(folder, 0o755)
  cpSync(dirname(executable), folder, { recursive: true })
  const protectedExecutable = join(folder, 'protected')
  cpSync(executable, protectedExecutable)
  chmodSync(protectedExecutable, 0o711)
  return {
    executable: join(folder, 'electron'),
    protectedExecutable,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function mayRead(user: number, file: string): boolean {
  return process.getuid?.() === 0 && spawnSync('test', ['-r', file], { uid: user, gid: user }).status === 0
}

/** Whether everything is tried as an ordinary user, too: in CI, or where all tests are asked for (vitest.config.ts). */
export const hasAllUsers = (): boolean => process.env.SHARED_CHANNEL_ALL_TESTS === '1'
