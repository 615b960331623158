// Builds the CMake project in the current folder into build/Release, with find_package(SharedChannel) as any user's
// project does: the folder comes from `shared-channel cmake-dir`. With `--quick` it is optimized less, for what only tests use.
import { execFileSync } from 'node:child_process'

const cmakeDir = execFileSync('npx', ['--no-install', 'shared-channel', 'cmake-dir'], { encoding: 'utf8' }).trim()
const cmake = (...args) => execFileSync('cmake', args, { stdio: 'inherit' })

cmake(
  '-S',
  '.',
  '-B',
  'build',
  '-DCMAKE_BUILD_TYPE=Release',
  `-DSharedChannel_DIR=${cmakeDir}`,
  '-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=Release',
  ...(process.argv.includes('--quick') ? ['-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG'] : []),
)
cmake('--build', 'build', '--config', 'Release', '--parallel', '2')
