// shared-channel cmake-dir. Plain JavaScript, since projects call it while they build, ours before this package is built.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const NATIVE = '@shared-channel/native/package.json'

/** Prints the folder of the CMake package: of the project's own copy of the headers, else of ours. */
export function run(args) {
  if (args.length > 0) {
    process.stderr.write('usage: shared-channel cmake-dir\n')
    return 2
  }
  const manifest = resolveFrom(join(process.cwd(), 'package.json')) ?? createRequire(import.meta.url).resolve(NATIVE)
  process.stdout.write(`${join(dirname(manifest), 'cmake')}\n`)
  return 0
}

function resolveFrom(file) {
  try {
    return createRequire(file).resolve(NATIVE)
  } catch {
    return undefined
  }
}
