// Compiles the plugins of the tests, once for each state of their sources and of the compiler's.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const PLUGINS = folder('../plugins')
const HELPERS = folder('.')
const CLI = folder('../../../cli')
const NATIVE = folder('../../../native')
/** What host.cpp takes from elsewhere. */
const HOST_FILES = [
  'brief_look.hpp',
  'buffer_post.cpp',
  'buffer_post.hpp',
  'doorbell.hpp',
  'hang_watch.hpp',
  'message_sender.cpp',
  'message_sender.hpp',
]
const CACHE = folder('../../build/wasm/cache')
/** Where the tests fetch them from: /build/wasm/echo.wasm. */
const MODULES = folder('../../build/wasm')

export default async function setup(): Promise<void> {
  mkdirSync(CACHE, { recursive: true })
  const compiler = hashOf([
    ...filesIn(join(CLI, 'dist')),
    ...filesIn(join(NATIVE, 'include')),
    ...filesIn(join(NATIVE, 'src/wasm')),
    ...HOST_FILES.map((file) => join(NATIVE, 'src', file)),
  ])
  await Promise.all(filesIn(PLUGINS).map((source) => provide(source, compiler)))
}

async function provide(source: string, compiler: string): Promise<void> {
  const name = basename(source, '.cpp')
  const cached = join(CACHE, `${name}-${hashOf([source, ...filesIn(HELPERS).filter(isHeader)], compiler)}.wasm`)
  if (!existsSync(cached)) await compile(source, cached)
  copyFileSync(cached, join(MODULES, `${name}.wasm`))
}

const isHeader = (file: string) => file.endsWith('.hpp')

function compile(source: string, output: string): Promise<void> {
  const args = [join(CLI, 'bin/shared-channel.js'), 'wasm', source, '-o', output]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${source} does not compile`))))
  })
}

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

function hashOf(files: readonly string[], salt = ''): string {
  const hash = createHash('sha256').update(salt)
  for (const file of files) hash.update(file).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
