// From sources to a module that openWasmPlugin takes.
import { basename, join, relative } from 'node:path'
import { explainErrors, explainImports } from './explain.ts'
import { compileFlags, linkFlags } from './flags.ts'
import { finishModule } from './module.ts'
import { nativePackage } from './native-package.ts'
import { cached } from './object-cache.ts'
import { Refusal } from './refusal.ts'
import { readSources, type SourceTree } from './source-tree.ts'
import { loadToolchain, type Outcome } from './toolchain.ts'

/** What is to be compiled. Paths are absolute, but for `output`. */
export interface WasmOrder {
  readonly sources: readonly string[]
  readonly output: string
  readonly includes: readonly string[]
  readonly defines: readonly string[]
  /** How much memory, from address 0, is for the channel. */
  readonly segmentBytes: number
  /** Of clang, behind ours. */
  readonly flags: readonly string[]
}

/** What plays the host of the plugin, in @shared-channel/native. */
const HOST_SOURCE = 'src/wasm/host.cpp'
const OBJECT = 'host.o'
const LINKED = 'plugin.wasm'

/**
 * @param order What to compile.
 * @param say Gets the lines that tell how far it is, and the compiler's own.
 * @returns The module's bytes.
 * @throws Refusal When there is no compiler, or the sources do not compile; the text says what to do.
 */
export async function compileModule(order: WasmOrder, say: (line: string) => void): Promise<Uint8Array> {
  const { clang, version } = await loadToolchain()
  const native = nativePackage()
  const compile = async (source: string, flags: readonly string[], { path, tree }: SourceTree) => {
    const tool = source.endsWith('.c') ? 'clang' : 'clang++'
    return bytesOf(OBJECT, await clang(tool, [...flags, '-c', path, '-o', OBJECT], tree), say)
  }

  const objects: Record<string, Uint8Array> = {}
  const includes = [...order.includes, join(native, 'include')]
  for (const [index, source] of order.sources.entries()) {
    say(`compiling ${relative(process.cwd(), source)}`)
    const flags = compileFlags(source, includes, order.defines, order.flags)
    objects[`${index}-${basename(source)}.o`] = await compile(source, flags, readSources(source, includes))
  }

  const host = join(native, HOST_SOURCE)
  const hostTree = readSources(host, [join(native, 'include')])
  const hostFlags = compileFlags(host, [join(native, 'include')], [], [])
  objects[OBJECT] = await cached([version, hostFlags, hostTree], () => {
    say('compiling the host of the plugin (once)')
    return compile(host, hostFlags, hostTree)
  })

  say('linking')
  const flags = [...linkFlags(order.segmentBytes, order.flags), ...Object.keys(objects), '-o', LINKED]
  const linked = bytesOf(LINKED, await clang('clang++', flags, objects), say)
  const missing = explainImports(await WebAssembly.compile(linked))
  if (missing !== undefined) throw new Refusal(missing)
  return finishModule(linked, order.segmentBytes)
}

function bytesOf(name: string, { files, text }: Outcome, say: (line: string) => void): Uint8Array<ArrayBuffer> {
  if (text !== '') say(text)
  const bytes = files?.[name]
  if (bytes instanceof Uint8Array) return bytes as Uint8Array<ArrayBuffer>
  throw new Refusal(explainErrors(text))
}
