// Runs the integration tests and the examples of the documents in other versions of Node:
//   npm run test:node-versions [-- VERSION…] [--quick] [--results=FOLDER]
// Their binaries come from npm, once. With --quick without the examples. With --results each run also leaves its report, as JSON, in FOLDER.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** The oldest that we support, and the newest of each line after it. */
const DEFAULT_VERSIONS = ['20.19.0', '22.23.3', '24.21.0', '26.10.0']
/** What runs the real addon, and the examples of README and docs: these, many of which compile C++, on the newest, as `npm test` does on ours. */
const projectsFor = (index) =>
  !values.quick && index === versions.length - 1 ? ['integration', 'docs'] : ['integration']

const root = fileURLToPath(new URL('..', import.meta.url))
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, results: { type: 'string' } },
})
const versions = positionals.length > 0 ? positionals : DEFAULT_VERSIONS

const outcomes = versions.map((version, index) => {
  console.log(`\nNode ${version} (${index + 1} of ${versions.length})`)
  return { version, problem: test(version, projectsFor(index)) }
})
console.log()
for (const { version, problem } of outcomes) console.log(`Node ${version}: ${problem ?? 'passed'}`)
process.exitCode = outcomes.every(({ problem }) => problem === undefined) ? 0 : 1

/** Returns what went wrong. */
function test(version, projects) {
  const binary = nodeBinary(version)
  if (!existsSync(binary)) {
    console.log('  downloading')
    if (!download(version) || !existsSync(binary)) return 'could not be downloaded'
  }
  const found = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (found !== `v${version}`) return `${binary} does not run, or is another version: ${found}`
  console.log('  testing')
  const report = values.results && [
    '--reporter=json',
    `--outputFile.json=${join(values.results, `node-${version}.json`)}`,
  ]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(
    binary,
    [vitest, 'run', ...projects.flatMap((name) => ['--project', name]), '--reporter=default', ...(report || [])],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` }, // for what the tests start
    },
  )
  return status === 0 ? undefined : 'FAILED'
}

function folderOf(version) {
  return join(root, 'node_modules/.cache/node-versions', version)
}

function packageName() {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}

function nodeBinary(version) {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  return join(folderOf(version), 'node_modules', packageName(), 'bin', file)
}

function download(version) {
  const { status } = spawnSync(
    'npm',
    [
      'install',
      '--silent',
      '--no-save',
      '--ignore-scripts',
      '--prefix',
      folderOf(version),
      `${packageName()}@${version}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' },
  )
  return status === 0
}
