// What the root's npm scripts run: `node scripts/run.mjs <task> [arguments]`. Does all the set-up (checks the tools, brings
// the pinned pnpm, installs, builds what changed), then the task. Everything but the task's own output goes to stderr, so
// that `--json` leaves nothing else on stdout.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findProblem } from './toolchain.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** Each task: what turbo builds first, then the commands, whose stdout is the user's, and what they find in the environment. */
const TASKS = {
  build: { turbo: ['build'], commands: [] },
  demo: { turbo: ['build', '--filter=@shared-channel/demo...'], commands: [['node', 'apps/demo/dist/main.js']] },
  bench: { turbo: ['build', '--filter=@shared-channel/bench...'], commands: [['node', 'apps/bench/dist/main.js']] },
  test: {
    turbo: ['build', 'typecheck', 'test:cpp'],
    commands: [
      ['biome', 'check', '--error-on-warnings', '.'],
      ['vitest', 'run'],
    ],
  },
  'test:soak': {
    turbo: ['build'],
    commands: [['vitest', 'run', '--project', 'integration', 'soak', 'vandal', 'property', 'posting']],
    env: { SHARED_CHANNEL_SOAK_SECONDS: '60' },
  },
  'test:sanitize': { turbo: ['build'], commands: [['node', 'scripts/sanitize.mjs']] },
  'test:node-versions': { turbo: ['build'], commands: [['node', 'scripts/node-versions.mjs']] },
}

const [task, ...args] = process.argv.slice(2)
main()

function main() {
  const plan = TASKS[task]
  if (plan === undefined) fail(`unknown task ${task}; there are ${Object.keys(TASKS).join(', ')}`)
  const problem = findProblem()
  if (problem !== undefined) fail(`This machine is not ready yet.\n\n${problem}\n`)

  say('installing (pnpm, pinned)')
  pnpm('install', '--frozen-lockfile', '--reporter=append-only')
  say('building what changed')
  // Through pnpm, which turbo calls in each package: npx puts it on the path.
  pnpm('exec', 'turbo', 'run', ...plan.turbo, '--output-logs=new-only')

  for (const [index, [command, ...commandArgs]] of plan.commands.entries()) {
    const last = index === plan.commands.length - 1
    run(existsSync(bin(command)) ? bin(command) : command, [...commandArgs, ...(last ? args : [])], {
      env: { ...plan.env, ...process.env },
    })
  }
}

function bin(name) {
  return `${root}node_modules/.bin/${name}${process.platform === 'win32' ? '.cmd' : ''}`
}

/** A step of the set-up by the pinned pnpm. Its output goes to stderr. */
function pnpm(...pnpmArgs) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', npm_config_update_notifier: 'false' }
  run('npx', ['--yes', packageManager, ...pnpmArgs], { stdio: ['ignore', 2, 2], env })
}

function run(command, commandArgs, options = {}) {
  const result = spawnSync(command, commandArgs, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    ...options,
  })
  if (result.error !== undefined) fail(`could not run ${command}: ${result.error.message}`)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function say(what) {
  console.error(`shared-channel: ${what}`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
