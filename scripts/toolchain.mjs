// What this machine needs before anything else can work: Node, a C++20 compiler, CMake, and what CMake drives. Plain
// JavaScript that an old Node can parse too, since the first thing it checks is Node itself.
import { spawnSync } from 'node:child_process'

const NEEDED_NODE = [20, 19]
const NEEDED_CMAKE = [3, 21]

const INSTALL = {
  linux: {
    node: 'https://nodejs.org/en/download, or your distribution',
    compiler: 'Debian, Ubuntu: sudo apt-get install g++   Fedora: sudo dnf install gcc-c++   Arch: sudo pacman -S gcc',
    make: 'Debian, Ubuntu: sudo apt-get install make   Fedora: sudo dnf install make   Arch: sudo pacman -S make',
    cmake: 'Debian, Ubuntu: sudo apt-get install cmake   Fedora: sudo dnf install cmake   Arch: sudo pacman -S cmake',
  },
  darwin: {
    node: 'brew install node, or https://nodejs.org/en/download',
    compiler: 'xcode-select --install',
    cmake: 'brew install cmake',
    make: 'xcode-select --install',
  },
  win32: {
    node: 'winget install OpenJS.NodeJS.LTS, or https://nodejs.org/en/download',
    compiler: 'winget install Microsoft.VisualStudio.2022.BuildTools, with "Desktop development with C++"',
    cmake: 'winget install Kitware.CMake',
  },
}

/**
 * Checks the tools in the order in which they are needed.
 *
 * @returns The first problem as text for people, or undefined when there is none.
 */
export function findProblem(platform = process.platform, nodeVersion = process.versions.node) {
  const how = INSTALL[platform] ?? INSTALL.linux
  if (!isAtLeast(nodeVersion, NEEDED_NODE)) {
    return problem('Node.js', nodeVersion, `${NEEDED_NODE.join('.')} or newer`, how.node)
  }
  const compiler = findCompiler(platform)
  if (compiler.problem !== undefined) {
    return problem(
      'C++ compiler',
      compiler.problem,
      'one that compiles C++20 (GCC 11, Clang 14 or newer)',
      how.compiler,
    )
  }
  const cmake = run('cmake', ['--version']).stdout?.match(/version (\d[\d.]*)/)?.[1]
  if (cmake === undefined || !isAtLeast(cmake, NEEDED_CMAKE)) {
    return problem('CMake', cmake ?? 'none', `${NEEDED_CMAKE.join('.')} or newer`, how.cmake)
  }
  const drivesCompilers =
    platform === 'win32' || ['make', 'ninja'].some((name) => run(name, ['--version']).status === 0)
  if (!drivesCompilers) return problem('Make or Ninja, which CMake drives', 'none', 'one of them', how.make)
  return undefined
}

function problem(what, found, needed, how) {
  return `${what}\n  found:   ${found}\n  needed:  ${needed}\n  install: ${how}`
}

function findCompiler(platform) {
  // CMake finds Visual Studio by itself and says what is missing.
  if (platform === 'win32') return {}
  const candidates = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++']
  const found = candidates.find((name) => run(name, ['--version']).status === 0)
  if (found === undefined) return { problem: `none (looked for ${candidates.join(', ')})` }
  const source =
    '#include <atomic>\n#include <span>\nint main() { std::span<int> s; return static_cast<int>(s.size()); }\n'
  const compiled = run(found, ['-std=c++20', '-x', 'c++', '-fsyntax-only', '-'], source)
  if (compiled.status === 0) return {}
  return { problem: `${run(found, ['--version']).stdout.split('\n')[0]}, which cannot compile C++20` }
}

function run(command, args, input) {
  return spawnSync(command, args, { encoding: 'utf8', ...(input !== undefined && { input }) })
}

function isAtLeast(version, needed) {
  const [major, minor = 0] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}
