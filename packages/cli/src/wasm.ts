// shared-channel wasm <source>… -o <plugin.wasm>
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compileModule, type WasmOrder } from './wasm/compile.ts'
import { Refusal } from './wasm/refusal.ts'
import { DEFAULT_SEGMENT_BYTES, LARGEST_SEGMENT_BYTES, SMALLEST_SEGMENT_BYTES } from './wasm/segment-bytes.ts'

const USAGE = `usage: shared-channel wasm <source>... -o <file.wasm> [options] [-- <flags of clang>]

Compiles the C++ (or C) sources of a plugin to a WebAssembly module, which openWasmPlugin of @shared-channel/browser runs. It
needs no compiler of the system, but the package @yowasp/clang. The exit code is 1 when the sources do not compile.

  -o file              the module to write
  -I folder            where to look for headers, too; may be repeated
  -D name[=value]      defines a macro; may be repeated
  --segment-bytes n    room for the channel: 65536 and the bytes of both rings, which is the most that openWasmPlugin can ask
                       for later. Memory that is not used costs nothing. Default ${DEFAULT_SEGMENT_BYTES} (32 MiB of rings)
  -- flags             are given to clang as they are, behind ours: -O3 -std=c++23
`

/**
 * Compiles a plugin for browsers, and says on stderr what it does.
 *
 * @param args The arguments behind `wasm`.
 * @returns The exit code: 0, 1 when it could not be compiled, 2 when it was called wrongly.
 */
export async function run(args: readonly string[]): Promise<number> {
  const wanted = parse(args)
  if (wanted === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  if (typeof wanted === 'string') {
    process.stderr.write(`${wanted}\n\n${USAGE}`)
    return 2
  }
  try {
    const module = await compileModule(wanted, (line) => process.stderr.write(`${line}\n`))
    mkdirSync(dirname(wanted.output), { recursive: true })
    writeFileSync(wanted.output, module)
    process.stderr.write(`wrote ${wanted.output} (${Math.ceil(module.byteLength / 1024)} KiB)\n`)
    return 0
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** @returns A text when the arguments make no sense: what is wrong with them. */
function parse(args: readonly string[]): 'help' | string | WasmOrder {
  const end = args.indexOf('--')
  const [own, flags] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)]
  try {
    const { values, positionals: sources } = parseArgs({
      args: [...own],
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        include: { type: 'string', short: 'I', multiple: true, default: [] },
        define: { type: 'string', short: 'D', multiple: true, default: [] },
        'segment-bytes': { type: 'string', default: String(DEFAULT_SEGMENT_BYTES) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    if (sources.length === 0) return 'Name the sources of the plugin.'
    const missing = sources.find((source) => statSync(source, { throwIfNoEntry: false })?.isFile() !== true)
    if (missing !== undefined) return `There is no file ${missing}.`
    if (values.output === undefined) return 'Name the module to write: -o plugin.wasm.'
    const segmentBytes = Number(values['segment-bytes'])
    if (!(segmentBytes >= SMALLEST_SEGMENT_BYTES && segmentBytes <= LARGEST_SEGMENT_BYTES)) {
      return `--segment-bytes is a number from ${SMALLEST_SEGMENT_BYTES} to ${LARGEST_SEGMENT_BYTES}; it is ${values['segment-bytes']}.`
    }
    return {
      sources: sources.map((source) => resolve(source)),
      output: values.output,
      includes: values.include.map((folder) => resolve(folder)),
      defines: values.define,
      segmentBytes,
      flags,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
