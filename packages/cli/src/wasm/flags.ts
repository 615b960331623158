// How clang is called.
import { toTreePath } from './source-tree.ts'

const PAGE = 65536
const STACK_SIZE = 1 << 20
/** What a module may have for itself; nothing of it is taken before it is used. */
const OWN_MEMORY = 1 << 30
const LARGEST_MEMORY = 2 ** 32

const TARGET = ['--target=wasm32-wasip1', '-matomics', '-mbulk-memory', '-O2']

export function compileFlags(
  source: string,
  includes: readonly string[],
  defines: readonly string[],
  flags: readonly string[],
): string[] {
  const isC = source.endsWith('.c')
  return [
    ...TARGET,
    ...(isC ? [] : ['-std=c++20', '-fwasm-exceptions']),
    '-fno-delete-null-pointer-checks', // the channel lies at address 0
    '-fvisibility=hidden',
    ...includes.map((folder) => `-I${toTreePath(folder)}`),
    ...defines.map((define) => `-D${define}`),
    ...flags.filter((flag) => !(isC && /^-std=(?:c|gnu)\+\+/.test(flag))),
  ]
}

export function linkFlags(segmentBytes: number, flags: readonly string[]): string[] {
  const base = Math.ceil(segmentBytes / PAGE) * PAGE
  return [
    ...TARGET,
    '-fwasm-exceptions',
    '-mexec-model=reactor', // a library, without main
    ...[
      '--import-memory',
      '--shared-memory',
      `--max-memory=${Math.min(base + OWN_MEMORY, LARGEST_MEMORY)}`,
      // Behind the channel: data, stack, heap.
      `--global-base=${base}`,
      '--no-stack-first',
      `-z,stack-size=${STACK_SIZE}`,
      // The C and C++ library were built without atomics. That is no harm to a module with one thread and a memory of its own.
      '--no-check-features',
      '--strip-debug', // names stay, for the stack of a trap
    ].map((flag) => `-Wl,${flag}`),
    ...flags,
  ]
}
