// Builds the C++ specifications in this folder and runs them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

export const DOCTEST_HOW =
  'sudo apt-get install doctest-dev (Fedora: sudo dnf install doctest-devel, Arch: sudo pacman -S doctest)'

/** The headers of doctest are not installed. */
export class DoctestMissing extends Error {
  name = 'DoctestMissing'
}

/** A build or a run went wrong; `output` is what it printed. */
export class CommandFailed extends Error {
  name = 'CommandFailed'

  constructor(what, output) {
    super(`${what} failed`)
    this.output = output
  }
}

/** The CMake project of one variant: `build/<variant>`, with the plugins in `build/<variant>/plugins`. */
export const buildFolder = (variant) => `${here}build/${variant}`

/**
 * Builds what has changed and runs every specification in a process of its own.
 *
 * @param variant Names the build folder.
 * @param flags Compiler flags beside the project's own.
 * @param defines More definitions for CMake, as `-DNAME=value`.
 * @param env Added to the environment of the tests.
 * @returns How many test cases and files passed.
 * @throws DoctestMissing, CommandFailed
 */
export function runCppTests(variant, { flags = '', defines = [], env = {} } = {}) {
  const folder = buildFolder(variant)
  const cmakeDir = run('npx', ['--no-install', 'shared-channel', 'cmake-dir']).trim()
  try {
    run('cmake', [
      ...['-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo'],
      ...[`-DSharedChannel_DIR=${cmakeDir}`, `-DCMAKE_CXX_FLAGS=${flags}`],
      // A warning of a compiler that we do not know yet is nothing to fail on at a user's.
      `-DSHARED_CHANNEL_WERROR=${process.env.CI ? 'ON' : 'OFF'}`,
      ...defines,
    ])
  } catch (error) {
    if (error instanceof CommandFailed && error.output.includes('doctest is missing')) throw new DoctestMissing()
    throw error
  }
  run('cmake', ['--build', folder, '--parallel', '2'])
  const report = `${folder}/report.xml`
  run(
    'ctest',
    ['--test-dir', folder, '--parallel', '2', '--output-on-failure', '--no-tests=error', '--output-junit', report],
    env,
  )
  const summaries = [...readFileSync(report, 'utf8').matchAll(/test cases: +(\d+) \|/g)]
  return { files: summaries.length, cases: summaries.reduce((sum, [, cases]) => sum + Number(cases), 0) }
}

function run(command, args, env = {}) {
  const options = { cwd: here, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 2 ** 28 }
  const { error, status, stdout, stderr } = spawnSync(command, args, options)
  if (error !== undefined) throw new CommandFailed(`${command} (${error.message})`, '')
  if (status !== 0) throw new CommandFailed(`${command} ${args[0]}`, stdout + stderr)
  return stdout
}
