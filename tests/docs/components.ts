// Components of the documents: type-checked, as a user's project would be.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Example } from './examples.ts'

const { resolve } = createRequire(import.meta.url)

/** What reads the components of each framework, by the end of their names. */
const CHECKERS: Readonly<Record<string, (tsconfig: string) => string[]>> = {
  '.tsx': (tsconfig) => [resolve('typescript/bin/tsc'), '-p', tsconfig],
  '.vue': (tsconfig) => [resolve('vue-tsc/bin/vue-tsc.js'), '-p', tsconfig],
  '.svelte': (tsconfig) => [
    join(dirname(resolve('svelte-check/package.json')), 'bin/svelte-check'),
    ...['--workspace', dirname(tsconfig), '--tsconfig', tsconfig, '--fail-on-warnings', '--output', 'human'],
  ],
}

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    module: 'ESNext',
    moduleResolution: 'bundler',
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    jsx: 'react-jsx',
    types: ['vite/client'],
  },
}

/** Whether it is one that a framework shows, and not a program. */
export const isComponent = (example: Example): boolean => checkersOf([example]).length > 0

/**
 * Checks the types of all components of a document at once.
 *
 * @param folder Where their files are.
 * @returns What is wrong with them; an empty text when nothing is.
 */
export function checkComponents(folder: string, examples: readonly Example[]): string {
  const tsconfig = join(folder, 'tsconfig.json')
  writeFileSync(tsconfig, JSON.stringify({ ...TSCONFIG, include: examples.map((example) => `${example.folder}/**/*`) }))
  return checkersOf(examples)
    .map((checker) => spawnSync(process.execPath, checker(tsconfig), { cwd: folder, encoding: 'utf8' }))
    .map(({ status, stdout, stderr }) => (status === 0 ? '' : `${stdout}${stderr}` || 'the checker failed'))
    .join('')
}

function checkersOf(examples: readonly Example[]) {
  const names = examples.flatMap(({ files }) => [...files.keys()])
  return Object.entries(CHECKERS)
    .filter(([end]) => names.some((name) => name.endsWith(end)))
    .map(([, checker]) => checker)
}
