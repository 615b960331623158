import { CommanderError } from 'commander'
import { parseArguments } from './arguments.ts'
import { isLeftOut } from './left-out.ts'
import { MEASUREMENTS, type Measurement } from './measurements.ts'
import { showProgress } from './progress.ts'
import { makeRow, type Outcome, type Row } from './row.ts'
import { renderTable } from './table.ts'

interface Finding {
  readonly row: Row
  readonly outcome: Outcome
}

/**
 * The program.
 *
 * @returns Its exit code: 0, or 1 when an argument is wrong, a measurement found what should not be, or nothing of what was
 *   asked for can be measured here.
 */
export async function run(
  args: readonly string[],
  measurements: readonly Measurement[] = MEASUREMENTS,
): Promise<number> {
  try {
    const { json, only } = parseArguments(args, measurements)
    const findings = await measureAll(measurements.filter(({ name }) => only.includes(name)))
    const rows = findings.map(({ row }) => row)
    if (json) console.log(JSON.stringify(rows, null, 2))
    else if (rows.length > 0) console.log(`${renderTable(rows)}\n${renderNotes(findings)}`)
    return rows.length > 0 ? reportProblems(findings) : 1
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

async function measureAll(measurements: readonly Measurement[]): Promise<Finding[]> {
  const progress = showProgress(process.stderr, measurements.length)
  const findings: Finding[] = []
  /** Rows by the reason. */
  const leftOut = new Map<string, string[]>()
  try {
    for (const [index, { name, unit, run }] of measurements.entries()) {
      progress.update(index, `measuring ${name}`)
      const outcome = await runIfPossible(run)
      if (outcome instanceof Error) leftOut.set(outcome.message, [...(leftOut.get(outcome.message) ?? []), name])
      else findings.push({ row: makeRow(name, unit, outcome), outcome })
    }
  } finally {
    progress.stop()
  }
  for (const [reason, names] of leftOut) console.error(`bench: left out ${names.join(', ')}: ${reason}`)
  return findings
}

async function runIfPossible(run: Measurement['run']): Promise<Outcome | Error> {
  try {
    return await run()
  } catch (error) {
    if (isLeftOut(error)) return error
    throw error
  }
}

function renderNotes(findings: readonly Finding[]): string {
  return findings.flatMap(({ row, outcome }) => (outcome.notes ?? []).map((note) => `${row.name}: ${note}`)).join('\n')
}

function reportProblems(findings: readonly Finding[]): number {
  const problems = findings.flatMap(({ row, outcome }) =>
    (outcome.problems ?? []).map((problem) => `${row.name}: ${problem}`),
  )
  for (const problem of problems) console.error(`bench: ${problem}`)
  return problems.length === 0 ? 0 : 1
}
