import { resolve } from 'node:path'
import { Command } from 'commander'

export interface DemoArguments {
  readonly json: boolean
  /** In windows of Electron, and without a file. */
  readonly electron: boolean
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
    .option('--electron', 'open windows: a native plugin streams into one, which shares it with the other', false)
    .option('--json', 'print one JSON object, and nothing else, on stdout', false)
    .exitOverride()
    .parse(args, { from: 'user' })
  const [file] = command.args
  const { json, electron } = command.opts<{ json: boolean; electron: boolean }>()
  if (electron && file !== undefined) {
    command.error(`error: with --electron no file is streamed; leave out ${file}`, { exitCode: 1 })
  }
  const folder = surroundings.INIT_CWD ?? surroundings.cwd
  return { json, electron, file: file === undefined ? surroundings.defaultFile : resolve(folder, file) }
}
