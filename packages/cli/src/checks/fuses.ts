import type { App } from '../app/app.ts'
import type { InstalledElectron } from '../app/electron.ts'
import { readFuses } from '../app/fuses.ts'
import { type Finding, ok } from '../finding.ts'
import { callsOf, headerValues } from '../source/source-file.ts'

/** What the makers of executables have switched on. Only one fuse has to do with memory. */
export async function checkFuses(app: App): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const electron of app.electrons) {
    if (electron.isPackaged) findings.push(await checkPackaged(app, electron))
    else if (losesIsolation(app, electron)) findings.push(lostIsolation(electron))
  }
  return findings
}

async function checkPackaged(app: App, electron: InstalledElectron): Promise<Finding> {
  const { executable, place } = electron
  const fuses = executable === undefined ? undefined : await readFuses(executable)
  if (fuses === undefined) {
    return {
      level: 'note',
      what: 'The fuses of the packaged executable cannot be read.',
      why: 'It may be no Electron, or one whose fuses are of a kind that is not known here.',
      change: `npx @electron/fuses read --app ${place}`,
      where: [place],
    }
  }
  const isPrivileged = fuses.GrantFileProtocolExtraPrivileges
  if (isPrivileged === undefined) return ok(`${place} has no fuse GrantFileProtocolExtraPrivileges.`)
  if (!isPrivileged) return ok(`${place}: pages from file:// have no extra privileges.`)
  if (losesIsolation(app, electron)) return lostIsolation(electron)
  return {
    level: 'note',
    what: 'The fuse GrantFileProtocolExtraPrivileges is on, as it is by default.',
    why: "Pages from file:// can read every file of the user. Pages of the application's own scheme do not need it.",
    change: FLIP,
    where: [place],
  }
}

const FLIP =
  'flipFuses(executable, { version: FuseVersion.V1, [FuseV1Options.GrantFileProtocolExtraPrivileges]: false }) of @electron/fuses, when packaging'

/** Electron 41 brought it, electron/electron#50242; the correction, #50789, is in 43. */
const isBroken = (version: string) => ['41', '42'].includes(version.split('.')[0] ?? '')

function losesIsolation({ sources }: App, { version }: InstalledElectron): boolean {
  if (version === undefined || !isBroken(version)) return false
  return sources.some(
    (file) =>
      callsOf(file, 'isolationHeaders').length > 0 || headerValues(file, 'cross-origin-embedder-policy').length > 0,
  )
}

function lostIsolation({ version, place }: InstalledElectron): Finding {
  return {
    level: 'problem',
    what: `In Electron ${version} the fuse GrantFileProtocolExtraPrivileges, which is on by default, undoes COOP and COEP.`,
    why: 'Pages are not cross-origin isolated in spite of the headers, and have no SharedArrayBuffer for their Web Workers (electron/electron#50242).',
    change: `npm install --save-dev electron@latest, or turn it off: ${FLIP}`,
    where: [place],
  }
}
