// The plugin's module: where it comes from, and what `shared-channel wasm` wrote into it.
import { MAX_CAPACITY, SharedChannelError, segmentSize } from '@shared-channel/core'

/** Where a module may come from: an address to fetch, its bytes, an answer to a fetch, or a module that is compiled already. */
export type WasmSource = FetchedSource | WebAssembly.Module

type FetchedSource = string | URL | BufferSource | Response | Promise<Response>

/** A module of `shared-channel wasm`, and what it says of itself (packages/cli/src/wasm/module.ts). */
export interface PluginModule {
  readonly module: WebAssembly.Module
  /** The largest segment it has room for. */
  readonly segmentBytes: number
  /** Of the memory that it imports, in pages of 64 KiB. */
  readonly memory: { readonly initial: number; readonly maximum: number }
}

const SECTION = 'shared-channel'
/** Of what a module and the script of its worker ask of each other. */
const HOST_VERSION = 1

/**
 * @throws SharedChannelError `PLUGIN_NOT_FOUND`, `PLUGIN_LOAD_FAILED`, `PLUGIN_ABI_MISMATCH`; the signal's reason.
 */
export async function loadModule(source: WasmSource, signal: AbortSignal | undefined): Promise<PluginModule> {
  if (source instanceof WebAssembly.Module) return checkModule(source)
  const fetched = source as FetchedSource // whose types say that any object is a module
  const bytes = await bytesOf(fetched, signal)
  try {
    return checkModule(await WebAssembly.compile(bytes))
  } catch (cause) {
    if (cause instanceof SharedChannelError) throw cause
    throw new SharedChannelError(
      'PLUGIN_LOAD_FAILED',
      `${nameOf(fetched)} is not a WebAssembly module that this browser takes: ${messageOf(cause)} (It begins with ${JSON.stringify(beginningOf(bytes))}.)`,
      { cause },
    )
  }
}

async function bytesOf(source: FetchedSource, signal: AbortSignal | undefined): Promise<BufferSource> {
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return source
  try {
    const isAddress = typeof source === 'string' || source instanceof URL
    const response = await (isAddress ? fetch(source, signal === undefined ? {} : { signal }) : source)
    if (response.ok) return await response.arrayBuffer()
    throw new SharedChannelError(
      'PLUGIN_NOT_FOUND',
      `There is no plugin at ${response.url}: the server answered ${response.status} ${response.statusText}`.trimEnd(),
    )
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason
    if (cause instanceof SharedChannelError) throw cause
    throw new SharedChannelError('PLUGIN_NOT_FOUND', `${nameOf(source)} cannot be fetched: ${messageOf(cause)}`, {
      cause,
    })
  }
}

function checkModule(module: WebAssembly.Module): PluginModule {
  const [section] = WebAssembly.Module.customSections(module, SECTION)
  if (section === undefined) {
    throw new SharedChannelError(
      'PLUGIN_LOAD_FAILED',
      'This is a WebAssembly module but no plugin. Compile the plugin with: npx shared-channel wasm plugin.cpp -o plugin.wasm',
    )
  }
  const { version, segmentBytes, memory } = JSON.parse(new TextDecoder().decode(section))
  if (version === HOST_VERSION) return { module, segmentBytes, memory }
  throw new SharedChannelError(
    'PLUGIN_ABI_MISMATCH',
    `The plugin was compiled for version ${version} of the browser host, this is ${HOST_VERSION}. Compile it again, with shared-channel of the same version as @shared-channel/browser.`,
  )
}

/**
 * The memory of an instance, with room for the segment at its start.
 *
 * @throws SharedChannelError `INVALID_ARGUMENT` when the module has no room for rings of this size, `OUT_OF_MEMORY`.
 */
export function makeMemory(plugin: PluginModule, capacities: readonly [number, number]): WebAssembly.Memory {
  const size = segmentSize(...capacities)
  if (size > plugin.segmentBytes) {
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `The rings (sendCapacity ${capacities[0]}, receiveCapacity ${capacities[1]}) need ${size} bytes, and the module was compiled with room for ${plugin.segmentBytes}. Compile it with: shared-channel wasm --segment-bytes ${size}, or ask for smaller rings (up to ${MAX_CAPACITY} each are possible).`,
    )
  }
  try {
    return new WebAssembly.Memory({ ...plugin.memory, shared: true })
  } catch (cause) {
    throw new SharedChannelError(
      'OUT_OF_MEMORY',
      'The browser has no memory for the plugin. Close plugins that are not needed: a page can have about a hundred at once.',
      { cause },
    )
  }
}

const nameOf = (source: unknown) =>
  typeof source === 'string' || source instanceof URL ? String(source) : 'What was given'

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** So that one sees an HTML page that a server sent instead. */
function beginningOf(bytes: BufferSource): string {
  const all = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
  return String.fromCharCode(...all.slice(0, 16))
}
