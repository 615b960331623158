// How the tests start Electron, and as whom.
import { inject, type ProvidedContext } from 'vitest'
import { hasAllUsers, NOBODY } from './ordinary-user.ts'

/** How Electron is started. */
export interface Launch {
  readonly executable: string
  readonly switches: readonly string[]
  /** Who runs it. Default: who runs the tests. */
  readonly user?: number
}

/** As this user, without Electron's sandbox, which root and some systems do not have. */
export function plainLaunch(): Launch {
  return { executable: theElectron().executable, switches: ['--no-sandbox'] }
}

/** As another user, with Electron's sandbox on. */
export function sandboxedLaunch(): Launch {
  return { executable: theOrdinaryElectron().executable, switches: [], user: NOBODY }
}

/** As another user, from a file that may not be read: the kernel lets nobody look at its processes. */
export function protectedLaunch(): Launch {
  return { executable: theOrdinaryElectron().protectedExecutable, switches: ['--no-sandbox'], user: NOBODY }
}

/** Who runs the app in a test that runs it twice, and how to start it; null where that is left out. */
export const USERS = [
  ['as whoever runs the tests', inject('electron') && plainLaunch],
  ['as an ordinary user, with the sandbox on', inject('ordinaryElectron') && sandboxedLaunch],
] as const

/** The same for windows, of which there are many: as an ordinary user where that is asked for, as in CI. */
export const WINDOW_USERS = [USERS[0], [USERS[1][0], hasAllUsers() ? USERS[1][1] : null]] as const

export function theElectron(): NonNullable<ProvidedContext['electron']> {
  const electron = inject('electron')
  if (electron === null) throw new Error('there is no Electron')
  return electron
}

function theOrdinaryElectron(): NonNullable<ProvidedContext['ordinaryElectron']> {
  const electron = inject('ordinaryElectron')
  if (electron === null) throw new Error('there is no Electron for an ordinary user')
  return electron
}
