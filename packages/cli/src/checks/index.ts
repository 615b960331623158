import type { App } from '../app/app.ts'
import type { Finding } from '../finding.ts'
import { checkAddon } from './addon.ts'
import { checkArchives } from './archives.ts'
import { checkContentPolicy } from './content-policy.ts'
import { checkCopies } from './copies.ts'
import { checkFrames } from './frames.ts'
import { checkFuses } from './fuses.ts'
import { checkIsolationHeaders } from './isolation-headers.ts'
import { checkOrigins } from './origins.ts'
import { checkSandbox } from './sandbox.ts'
import { checkSystem } from './system.ts'
import { checkVersions } from './versions.ts'
import { checkWorlds } from './worlds.ts'

/** Looks at one subject. Finds nothing where the subject is none of the application's. */
export type Check = (app: App) => readonly Finding[] | Promise<readonly Finding[]>

/** In the order in which they are told. */
export const CHECKS: Readonly<Record<string, Check>> = {
  versions: checkVersions,
  copies: checkCopies,
  addon: checkAddon,
  system: checkSystem,
  sandbox: checkSandbox,
  isolation: checkWorlds,
  frames: checkFrames,
  origins: checkOrigins,
  csp: checkContentPolicy,
  'coop-coep': checkIsolationHeaders,
  asar: checkArchives,
  fuses: checkFuses,
}
