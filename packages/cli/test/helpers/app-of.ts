import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type App, readApp } from '../../src/app/app.ts'
import { CHECKS } from '../../src/checks/index.ts'
import type { Finding } from '../../src/finding.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

/** Writes an application into a folder of its own and reads it. */
export function appOf(folder: TemporaryFolder, files: Readonly<Record<string, string | Uint8Array>>): App {
  const path = mkdtempSync(join(folder.path, 'app-'))
  for (const [name, content] of Object.entries(files)) folder.write(join(path.slice(folder.path.length), name), content)
  return readApp(path)
}

/** What one check finds, by its name. */
export async function findingsOf(check: string, app: App): Promise<readonly Finding[]> {
  const look = CHECKS[check]
  if (look === undefined) throw new Error(`there is no check ${check}`)
  return look(app)
}

/** The levels and places of what one check finds: the texts may change. */
export async function outlineOf(check: string, app: App): Promise<string[]> {
  return (await findingsOf(check, app)).map(({ level, where = [] }) => [level, ...where].join(' '))
}
