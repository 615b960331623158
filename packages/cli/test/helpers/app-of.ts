import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type App, readApp } from '../../src/app/app.ts'
import { CHECKS } from '../../src/checks/index.ts'
import type { Finding } from '../../src/finding.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

/** Writes an application into a folder of its own. @returns The folder. */
export function writeApp(folder: TemporaryFolder, files: Files): string {
  const path = mkdtempSync(join(folder.path, 'app-'))
  for (const [name, content] of Object.entries(files)) folder.write(join(path.slice(folder.path.length), name), content)
  return path
}

/** Writes an application and reads it. */
export const appOf = (folder: TemporaryFolder, files: Files): App => readApp(writeApp(folder, files))

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
