// Electron as an ordinary user runs it, with its sandbox on; the tests themselves are root.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { APP, type Launch, theElectron } from './run-app.ts'

const NOBODY = 65534

/** Whether these tests can: only root can become somebody else, who must be able to run what they run. */
export const canBeOrdinary = [APP, process.execPath].every((file) => mayRead(NOBODY, file))

export const WHY_NOT_ORDINARY =
  "tests/electron: left out the tests with Electron's sandbox on: they need root, and a checkout and a Node that other users may read"

/** A copy of Electron for everybody: what root has in its home nobody else can run. */
export class OrdinaryElectron {
  readonly #folder = mkdtempSync(join(tmpdir(), 'shared-channel-sandbox-'))
  readonly #executable = join(this.#folder, 'electron')

  constructor() {
    chmodSync(this.#folder, 0o755)
    cpSync(dirname(theElectron().executable), this.#folder, { recursive: true })
  }

  /** With the sandbox on. */
  launch(): Launch {
    return { executable: this.#executable, switches: [], user: NOBODY }
  }

  /**
   * From a file that may be run and not read. The kernel lets nobody look at such processes: they are not dumpable. (Nor can
   * Electron set up its sandbox in one, unless a helper with root's rights does it.)
   */
  launchProtected(): Launch {
    chmodSync(this.#executable, 0o711)
    return { executable: this.#executable, switches: ['--no-sandbox'], user: NOBODY }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function mayRead(user: number, file: string): boolean {
  return process.getuid?.() === 0 && spawnSync('test', ['-r', file], { uid: user, gid: user }).status === 0
}
