// shared-channel doctor [app folder] [--json]
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type App, readApp } from './app/app.ts'
import { CHECKS } from './checks/index.ts'
import { type CheckedFinding, makeReport, renderReport } from './report.ts'

const USAGE = `usage: shared-channel doctor [app folder] [--json]

Looks at an Electron application, its sources or packaged, and at this machine: what keeps Shared Channel from working, or
from being fast or safe, why it matters and what to change. It runs nothing of the application. The exit code is 1 when
there is a problem.

  app folder   by default the current one
  --json       print one JSON object, and nothing else, on stdout
`

/**
 * Prints what it finds.
 *
 * @param args The arguments behind `doctor`.
 * @returns The exit code: 0, 1 when there is a problem, 2 when it was called wrongly.
 */
export async function run(args: readonly string[]): Promise<number> {
  const wanted = parse(args)
  if (typeof wanted === 'string') {
    process.stderr.write(`${wanted}\n\n${USAGE}`)
    return 2
  }
  if (wanted.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const app = readApp(wanted.folder)
  const report = makeReport(app.folder, await examine(app))
  process.stdout.write(`${wanted.json ? JSON.stringify(report) : renderReport(report)}\n`)
  return report.problems > 0 ? 1 : 0
}

/** @returns A text when the arguments make no sense: what is wrong with them. */
function parse(args: readonly string[]): string | { folder: string; json: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    })
    const [folder = '.', ...others] = positionals
    if (others.length > 0) return `One folder at a time; there are ${positionals.length}.`
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return `There is no folder ${folder}.`
    return { folder, json: values.json, help: values.help }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function examine(app: App): Promise<CheckedFinding[]> {
  const findings: CheckedFinding[] = [reading(app)]
  for (const [check, look] of Object.entries(CHECKS)) {
    for (const finding of await look(app)) findings.push({ check, ...finding })
  }
  return findings
}

/** What was looked at, so that nobody takes silence for health. */
function reading({ sources, pages, archives, leftOut }: App): CheckedFinding {
  const what = `Read ${sources.length} files of code, ${pages.length} pages, ${archives.length} archives.`
  if (leftOut.length === 0) return { check: 'files', level: 'ok', what }
  return {
    check: 'files',
    level: 'note',
    what: `${what} Left out ${leftOut.length}.`,
    why: 'They are larger than 8 MiB, damaged, or may not be read: what stands there is not in this report.',
    change: 'Look at them yourself, or build without source maps within the files.',
    where: leftOut,
  }
}
