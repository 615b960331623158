import { Argument, Command, Option } from 'commander'

export interface BenchArguments {
  readonly json: boolean
  /** Names of the rows to measure, in the order of the table. */
  readonly only: readonly string[]
}

const GROUPS = ['electron', 'process', 'browser'] as const
export type Group = (typeof GROUPS)[number]

export interface NamedRow {
  readonly name: string
  readonly group?: Group
}

/**
 * @param args Without the program's name.
 * @param rows All there are.
 * @throws CommanderError, after it has told the user what is wrong, or when help was asked for.
 */
export function parseArguments(args: readonly string[], rows: readonly NamedRow[]): BenchArguments {
  const names = rows.map(({ name }) => name)
  const command = new Command('npm run bench --')
    .description('Measures Shared Channel next to what Node.js, Electron and browsers have, in one run.')
    .addArgument(new Argument('[group]', 'measure only the rows of this group').choices(GROUPS))
    .option('--json', 'print an array of rows, and nothing else, on stdout', false)
    .addOption(new Option('--only <name...>', 'measure only these rows').choices(names))
    .exitOverride()
    .parse(args, { from: 'user' })
  const { json, only } = command.opts<{ json: boolean; only?: string[] }>()
  const [group] = command.args
  const wanted = rows.filter(
    (row) => (only === undefined || only.includes(row.name)) && (group === undefined || row.group === group),
  )
  return { json, only: wanted.map(({ name }) => name) }
}
