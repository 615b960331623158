import { Argument, Command, Option } from 'commander'

export interface BenchArguments {
  readonly json: boolean
  /** Names of the rows to measure, in the order of the table. */
  readonly only: readonly string[]
}

const GROUPS = ['electron', 'process']

/**
 * @param args Without the program's name.
 * @param names All rows.
 * @throws CommanderError, after it has told the user what is wrong, or when help was asked for.
 */
export function parseArguments(args: readonly string[], names: readonly string[]): BenchArguments {
  const command = new Command('npm run bench --')
    .description('Measures Shared Channel next to what Node.js and Electron have, in one run.')
    .addArgument(new Argument('[group]', 'measure only the rows whose names begin with it').choices(GROUPS))
    .option('--json', 'print an array of rows, and nothing else, on stdout', false)
    .addOption(new Option('--only <name...>', 'measure only these rows').choices(names))
    .exitOverride()
    .parse(args, { from: 'user' })
  const { json, only } = command.opts<{ json: boolean; only?: string[] }>()
  const [group] = command.args
  const isWanted = (name: string) =>
    (only === undefined || only.includes(name)) && (group === undefined || name.startsWith(`${group}-`))
  return { json, only: names.filter(isWanted) }
}
