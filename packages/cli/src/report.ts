import type { Finding, Level } from './finding.ts'

/** What `--json` prints. */
export interface Report {
  /** The application's folder, absolute. */
  readonly folder: string
  readonly problems: number
  readonly notes: number
  readonly findings: readonly CheckedFinding[]
}

export interface CheckedFinding extends Finding {
  /** The name of the check that found it. */
  readonly check: string
}

export function makeReport(folder: string, findings: readonly CheckedFinding[]): Report {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length
  return { folder, problems: count('problem'), notes: count('note'), findings }
}

const INDENT = ' '.repeat(10)

/** For people. */
export function renderReport({ folder, problems, notes, findings }: Report): string {
  const lines = findings.flatMap(({ check, level, what, why, change, where = [] }) => [
    `${level.padEnd(8)}  ${check}: ${what}`,
    ...(why === undefined ? [] : [`${INDENT}Why:    ${why}`]),
    ...(change === undefined ? [] : [`${INDENT}Change: ${change.replaceAll('\n', `\n${INDENT}        `)}`]),
    ...where.map((place, index) => `${INDENT}${index === 0 ? 'Where: ' : '       '} ${place}`),
  ])
  return [folder, '', ...lines, '', `${counted(problems, 'problem')}, ${counted(notes, 'note')}`].join('\n')
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
