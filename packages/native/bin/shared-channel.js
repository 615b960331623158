#!/usr/bin/env node
import { fileURLToPath } from 'node:url'

if (process.argv[2] === 'cmake-dir' && process.argv.length === 3) {
  console.log(fileURLToPath(new URL('../cmake', import.meta.url)))
} else {
  console.error(
    'usage: shared-channel cmake-dir\n\n' +
      'Prints the folder to give to CMake:\n' +
      '  cmake -S . -B build -DSharedChannel_DIR="$(npx shared-channel cmake-dir)"',
  )
  process.exitCode = 2
}
