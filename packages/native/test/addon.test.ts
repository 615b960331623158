import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../lib/addon.ts'

const ADDON = fileURLToPath(new URL('../build/Release/shared_channel.node', import.meta.url))

/** Lines of a tool of binutils about the addon, which come with the compiler. */
const ask = (tool: string, ...options: string[]): string[] =>
  execFileSync(tool, [...options, ADDON], { encoding: 'utf8' })
    .trim()
    .split('\n')

/** What the addon takes from elsewhere, as `name` or `name@VERSION`; weak ones, which may be missing, left out. */
const imports = (): string[] =>
  ask('nm', '-D', '--undefined-only')
    .filter((line) => !/^\s*w /.test(line))
    .map((line) => line.replace(/^\s*U /, ''))

describe('the addon', () => {
  it('imports napi_* and the C and C++ runtime, and nothing of one engine', () => {
    const names = imports()
    expect(names).toContain('napi_create_threadsafe_function')
    // The runtime's names carry its versions; v8::, uv_ and node:: do not.
    const others = names.filter((name) => !/@(GLIBC|GLIBCXX|CXXABI|GCC)_[\d.]+$/.test(name))
    expect(others.filter((name) => !name.startsWith('napi_'))).toEqual([])
  })

  it('does not ask for external buffers, which the memory cage forbids', () => {
    expect(imports().filter((name) => name.includes('_external_'))).toEqual([])
  })

  it('needs no libraries but those of C and C++', () => {
    const needed = ask('readelf', '-d').flatMap((line) => /\(NEEDED\).*\[(.+)\]/.exec(line)?.[1] ?? [])
    expect(needed).toContain('libc.so.6')
    for (const library of needed) expect(library).toMatch(/^(libstdc\+\+|libgcc_s|libc|libm|ld-linux-[\w-]+)\.so\.\d+$/)
  })

  it('is never unloaded, since a thread may have been left behind in it', () => {
    expect(ask('readelf', '-d').join('\n')).toMatch(/FLAGS_1\).*NODELETE/)
  })

  it('exports functions only to be registered by', () => {
    const functions = ask('nm', '-D', '--defined-only').flatMap((line) => / T (.+)$/.exec(line)?.[1] ?? [])
    expect(functions.sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1'])
  })

  it('is loaded once', () => {
    expect(loadAddon()).toBe(loadAddon())
  })

  it('refuses memory that it cannot map a segment over, with errors of the package', () => {
    const { NativePlugin } = loadAddon()
    const open = (view: Uint8Array, capacity0 = 4096, capacity1 = 4096) =>
      new NativePlugin(
        view,
        capacity0,
        capacity1,
        '/none.so',
        'null',
        0,
        0,
        undefined,
        undefined,
        () => {},
        () => {},
      )
    const refusal = expect.objectContaining({ name: 'SharedChannelError', code: 'INVALID_ARGUMENT' })
    expect(() => open(new Uint8Array(100))).toThrow(refusal)
    expect(() => open(new Uint8Array(131_072), 4096, 5000)).toThrow(refusal)
    // Of the right size, and not at the start of a page.
    const { buffer } = new WebAssembly.Memory({ initial: 3 })
    expect(() => open(new Uint8Array(buffer, 8, 131_072))).toThrow(refusal)
    expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true)
  })
})
