#!/usr/bin/env node
// shared-channel <command>. Each command is a module of its own, loaded when it is asked for; `run` gets the arguments
// that follow and returns the exit code.

const COMMANDS = {
  'cmake-dir': () => import('./cmake-dir.js'),
  doctor: () => import('../dist/doctor.js'),
  wasm: () => import('../dist/wasm.js'),
}

const USAGE = `usage: shared-channel <command>

  cmake-dir                     print the folder to give to CMake:
                                cmake -S . -B build -DSharedChannel_DIR="$(npx shared-channel cmake-dir)"
  doctor [app folder]           look for what keeps Shared Channel from working in an Electron application
  wasm <source>... -o <file>    compile a plugin for browsers (@shared-channel/browser)

Each but cmake-dir tells more with --help.
`

const [name = '', ...args] = process.argv.slice(2)
if (name === '--help' || name === '-h') {
  process.stdout.write(USAGE)
} else if (Object.hasOwn(COMMANDS, name)) {
  const { run } = await COMMANDS[name]()
  process.exitCode = await run(args)
} else {
  process.stderr.write(USAGE)
  process.exitCode = 2
}
