// npm run test:sanitize: the C++ specifications under address, undefined and thread sanitizer, and the addon itself in
// Node under the first two. Needs GCC with its sanitizers (Debian: in g++) and doctest. SANITIZE_SECONDS lets the addon's
// part run longer.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildFolder, CommandFailed, DOCTEST_HOW, DoctestMissing, runCppTests } from '../tests/cpp/cpp-tests.mjs'

const COMPILER = 'g++'
const tests = fileURLToPath(new URL('../tests/cpp/', import.meta.url))
const native = dirname(createRequire(`${tests}package.json`).resolve('@shared-channel/native/package.json'))

const SANITIZERS = [
  {
    name: 'address and undefined',
    variant: 'asan',
    flags: '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer',
    library: 'libasan.so',
    env: { UBSAN_OPTIONS: 'print_stacktrace=1' },
    // V8 never frees what lives as long as the process: leaks are looked for in the specifications only.
    nodeEnv: { ASAN_OPTIONS: 'detect_leaks=0' },
    nodeArgs: ['--expose-gc'],
  },
  {
    name: 'thread',
    variant: 'tsan',
    flags: '-fsanitize=thread',
    env: {},
    // Not the addon in Node: this sanitizer's own bookkeeping fails now and then on memory that is mapped over V8's. The
    // threads of the addon are PluginHost's, which the C++ tests run whole.
  },
]

try {
  for (const sanitizer of SANITIZERS) {
    say(`${sanitizer.name}: C++ tests`)
    const { cases, files } = runCppTests(sanitizer.variant, {
      flags: sanitizer.flags,
      defines: [`-DCMAKE_CXX_COMPILER=${COMPILER}`],
      env: sanitizer.env,
    })
    say(`${sanitizer.name}: ${cases} test cases in ${files} files passed`)
    if (sanitizer.library === undefined) continue
    const library = findLibrary(sanitizer.library)
    say(`${sanitizer.name}: building the addon`)
    const folder = buildAddon(sanitizer)
    say(`${sanitizer.name}: the addon in Node`)
    useAddon(sanitizer, library, folder)
    say(`${sanitizer.name}: the addon passed`)
  }
  console.log(
    'sanitizers: the C++ tests passed under address, undefined and thread sanitizer, the addon under the first two',
  )
} catch (error) {
  if (error instanceof CommandFailed) console.error(error.output)
  const message = error instanceof DoctestMissing ? `doctest is missing; ${DOCTEST_HOW}` : error.message
  console.error(`sanitizers: ${message}`)
  process.exitCode = 1
}

function findLibrary(name) {
  const { error, stdout } = spawnSync(COMPILER, [`-print-file-name=${name}`], { encoding: 'utf8' })
  const path = stdout?.trim()
  // The bare name comes back when there is no such file.
  if (error !== undefined || !existsSync(path)) {
    throw new Error(`${COMPILER} with ${name} is needed; Debian, Ubuntu: sudo apt-get install g++`)
  }
  return path
}

/** A copy of @shared-channel/native whose addon is sanitized; the loader finds it where it always is. */
function buildAddon({ variant, flags }) {
  const folder = buildFolder(`addon-${variant}`)
  run(
    'npx',
    [
      '--no-install',
      'cmake-js',
      'build',
      '--cxx',
      COMPILER,
      '--out',
      `${folder}/build`,
      `--CDCMAKE_CXX_FLAGS_RELEASE=-O1 -g ${flags}`,
    ],
    { cwd: native },
  )
  rmSync(`${folder}/dist`, { recursive: true, force: true })
  cpSync(`${native}/dist`, `${folder}/dist`, { recursive: true })
  cpSync(`${native}/package.json`, `${folder}/package.json`)
  return folder
}

function useAddon({ variant, nodeEnv, env, nodeArgs }, library, folder) {
  const plugins = `${buildFolder(variant)}/plugins`
  const args = [...nodeArgs, `${tests}addon-under-sanitizer.mjs`, folder, plugins]
  run(process.execPath, args, {
    env: { ...process.env, ...env, ...nodeEnv, LD_PRELOAD: library },
    stdio: ['ignore', 2, 2],
  })
}

function run(command, args, options) {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...options,
  })
  if (error === undefined && status === 0) return
  const how = error?.message ?? signal ?? `exit code ${status}`
  throw new CommandFailed(`${command} ${args[0]} (${how})`, `${stdout ?? ''}${stderr ?? ''}`)
}

function say(what) {
  process.stderr.write(`${what}\n`)
}
