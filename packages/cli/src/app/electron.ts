// Where Electron's executables are.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { findInstalled } from './installed.ts'
import { readManifest } from './manifest.ts'
import { tryTo } from './try-to.ts'
import { entriesOf } from './walk.ts'

export interface InstalledElectron {
  /** `22.3.25`; `undefined` when nothing tells. */
  readonly version: string | undefined
  /** Absolute; `undefined` when it is not downloaded. */
  readonly executable: string | undefined
  /** For people: the executable relative to the application's folder, where it lies there. */
  readonly place: string
  /** Packaged, with fuses of its own; else the one to develop with. */
  readonly isPackaged: boolean
}

/** The npm package that the application finds, else what `ELECTRON_OVERRIDE_DIST_PATH` names. */
export function findDevelopmentElectron(folder: string): InstalledElectron | undefined {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const packageFolder = findInstalled(folder, 'electron')
  if (packageFolder === undefined) return undefined
  const dist = override || join(packageFolder, 'dist')
  const name = override ? 'electron' : readText(join(packageFolder, 'path.txt'))
  const executable = name === undefined ? undefined : existing(join(dist, name))
  return {
    version: (executable && readText(join(dist, 'version'))) || readVersion(join(packageFolder, 'package.json')),
    executable,
    place: relative(folder, executable ?? packageFolder),
    isPackaged: false,
  }
}

/** The executable beside the `resources` of a packaged application. */
export function findPackagedElectron(resources: string, folder: string): InstalledElectron | undefined {
  const around = dirname(resources)
  const executable = around.endsWith('.app/Contents') ? dirname(around) : findExecutable(around)
  if (executable === undefined) return undefined
  return {
    version: readText(join(around, 'version')),
    executable,
    place: relative(folder, executable) || executable,
    isPackaged: true,
  }
}

const LEAST_BYTES = 32 << 20

/** Electron is by far the largest program in its folder; the helpers of Chromium are small. */
function findExecutable(folder: string): string | undefined {
  return entriesOf(folder)
    .filter((entry) => entry.isFile() && !/\.(so|pak|dat|bin|dll)(\.\d+)*$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .find((file) => statSync(file).size >= LEAST_BYTES)
}

function readVersion(manifest: string): string | undefined {
  const { version } = readManifest(manifest)
  return typeof version === 'string' ? version : undefined
}

function readText(file: string): string | undefined {
  return tryTo(() => readFileSync(file, 'utf8').trim().replace(/^v/, ''))
}

const existing = (file: string) => (existsSync(file) ? file : undefined)
