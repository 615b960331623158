import { resolve } from 'node:path'
import { Command } from 'commander'

export interface DemoArguments {
  readonly json: boolean
  /** Absolute path of the file to stream. */
  readonly file: string
}

/** Where the user is, and what is taken when no file is named. */
export interface Surroundings {
  /** npm runs scripts in the project's root and tells here where the user typed the command. */
  readonly INIT_CWD?: string | undefined
  readonly cwd: string
  readonly defaultFile: string
}

/**
 * @param args Without the program's name.
 * @throws CommanderError, after it has told the user what is wrong, or when help was asked for.
 */
export function parseArguments(args: readonly string[], surroundings: Surroundings): DemoArguments {
  const command = new Command('npm run demo --')
    .description('Streams a file through a C++ plugin and back over shared memory, checks it, and measures the way.')
    .argument('[file]', 'the file to stream; without it, the running Node executable')
    .option('--json', 'print one JSON object, and nothing else, on stdout', false)
    .exitOverride()
    .parse(args, { from: 'user' })
  const [file] = command.args
  const { json } = command.opts<{ json: boolean }>()
  const folder = surroundings.INIT_CWD ?? surroundings.cwd
  return { json, file: file === undefined ? surroundings.defaultFile : resolve(folder, file) }
}
