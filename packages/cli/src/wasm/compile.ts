// From sources to a module that openWasmPlugin takes.
import { basename, join } from 'node:path'
import { explainErrors, explainImports } from './explain.ts'
import { compileFlags, linkFlags } from './flags.ts'
import { finishModule } from './module.ts'
import { nativePackage } from './native-package.ts'
import { Refusal } from './refusal.ts'
import { readSources } from './source-tree.ts'
import { loadToolchain } from './toolchain.ts'

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

/**
 * @param order What to compile.
 * @param say Gets the lines that tell how far it is, and the compiler's own.
 * @returns The module's bytes.
 * @throws Refusal When there is no compiler, or the sources do not compile; the text says what to do.
 */
export async function compileModule(order: WasmOrder, say: (line: string) => void): Promise<Uint8Array> {
  const clang = await loadToolchain()
  const native = nativePackage()
  const include = join(native, 'include')
  const objects: Record<string, Uint8Array> = {}
  const compile = async (source: string, flags: readonly string[], searched: readonly string[]) => {
    const object = `${Object.keys(objects).length}-${basename(source)}.o`
    const { path, tree } = readSources(source, searched)
    const { files, text } = await clang(
      source.endsWith('.c') ? 'clang' : 'clang++',
      [...flags, '-c', path, '-o', object],
      tree,
    )
    const bytes = files?.[object]
    if (text !== '') say(text)
    if (!(bytes instanceof Uint8Array)) throw new Refusal(explainErrors(text))
    objects[object] = bytes
  }

  const searched = [...order.includes, include]
  for (const source of order.sources) {
    say(`compiling ${source}`)
    await compile(source, compileFlags(source, searched, order.defines, order.flags), searched)
  }
  say('compiling the host of the plugin')
  const host = join(native, HOST_SOURCE)
  await compile(host, compileFlags(host, [include], [], []), [include])
  say('linking')
  const linked = 'plugin.wasm'
  const flags = [...linkFlags(order.segmentBytes, order.flags), ...Object.keys(objects), '-o', linked]
  const { files, text } = await clang('clang++', flags, objects)
  const bytes = files?.[linked]
  if (text !== '') say(text)
  if (!(bytes instanceof Uint8Array)) throw new Refusal(explainErrors(text))
  const missing = explainImports(await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>))
  if (missing !== undefined) throw new Refusal(missing)
  return finishModule(bytes, order.segmentBytes)
}
