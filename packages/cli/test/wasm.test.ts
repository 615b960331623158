import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runCli, runCopyOfCli } from './helpers/run-cli.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
mkdirSync(join(folder.path, 'node_modules')) // where what all plugins have in common is kept

const plugin = (body: string, includes = '') => `
  ${includes}
  #include <shared_channel/plugin.hpp>

  class Mine final : public shared_channel::Plugin {
    void on_message(const shared_channel::Message& message) override { ${body} }
  };

  SHARED_CHANNEL_PLUGIN(Mine, "mine", "1.0.0")`

/** Writes sources into a folder of their own, and compiles them there. */
function compile(files: Record<string, string>, ...args: string[]) {
  const cwd = mkdtempSync(join(folder.path, 'wasm-'))
  for (const [name, text] of Object.entries(files)) folder.write(join(cwd.slice(folder.path.length), name), text)
  const { status, stdout, stderr } = runCli(cwd, 'wasm', ...args)
  const output = join(cwd, 'out/plugin.wasm')
  return {
    status,
    stdout,
    stderr,
    module: existsSync(output) ? new WebAssembly.Module(readFileSync(output)) : undefined,
  }
}

describe('shared-channel wasm', () => {
  it('compiles C++ and C with headers from other folders, macros and flags, and says what it does', () => {
    const { status, stdout, stderr, module } = compile(
      {
        'src/mine.cpp': plugin(
          'send(ANSWER, half(message.text()));',
          '#include "../deep/er/half.hpp"\n#include <extra.h>',
        ),
        'deep/er/half.hpp': '#pragma once\n#include "../names.hpp"',
        'deep/names.hpp':
          '#pragma once\n#include <string>\ninline std::string half(std::string text) { return text.substr(text.size() / 2); }',
        'include/extra.h':
          '#ifdef __cplusplus\nextern "C"\n#endif\nint extra(void);\nstatic_assert(__cplusplus > 202002, "C++23");',
        'src/extra.c': 'int extra(void) { int class = ANSWER; return class; }',
      },
      ...['src/mine.cpp', 'src/extra.c', '-o', 'out/plugin.wasm', '-Iinclude', '-D', 'ANSWER=42'],
      ...['--segment-bytes', '100000000', '--', '-Wno-error'],
      '-std=c++23',
    )
    expect(stderr).toContain('compiling')
    expect([status, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/\nwrote out\/plugin\.wasm \(\d+ KiB\)\n$/)
    const { segmentBytes, memory } = factsOf(module)
    expect(segmentBytes).toBe(100_000_000)
    // The segment, in whole pages, and data, stack and heap behind it.
    expect(memory.initial).toBeGreaterThan(1526)
    expect(memory.maximum).toBe(1526 + (1 << 14))
  })

  it.each([
    [
      'threads and files',
      'std::thread([] { std::fclose(std::fopen("log.txt", "w")); }).join();',
      '#include <cstdio>\n#include <thread>',
      /missing\.threads.*path_open.*\n\n.*updateInterval.*\n\n.*fetch/s,
    ],
    ['a socket', 'connect(0, nullptr, 0);', '#include <sys/socket.h>', /connect.*Sockets/s],
    ['a header of the system', 'send(1, message.bytes);', '#include <linux/videodev2.h>', /no such header.*-I/s],
    ['what nobody defines', 'elsewhere();', 'void elsewhere();', /undefined symbol: elsewhere.*Name all sources/s],
    ['a mistake', 'sned(1, message.bytes);', '', /a\.cpp:6:.*sned.*do not compile/s],
  ])('explains why it cannot compile %s', (_, body, includes, message) => {
    const { status, stderr, module } = compile({ 'a.cpp': plugin(body, includes) }, 'a.cpp', '-o', 'out/plugin.wasm')
    expect(stderr).toMatch(message)
    expect([status, module]).toEqual([1, undefined])
  })

  it('wants a plugin among the sources', () => {
    const { status, stderr } = compile({ 'a.cpp': 'int x;' }, 'a.cpp', '-o', 'out/plugin.wasm')
    expect(status).toBe(1)
    expect(stderr).toContain('SHARED_CHANNEL_PLUGIN(')
  })

  it('tells how to install the compiler where there is none', () => {
    // A copy of the command line where no package lies around it.
    const cli = fileURLToPath(new URL('..', import.meta.url))
    const copy = mkdtempSync(join(folder.path, 'alone-'))
    for (const part of ['bin', 'dist', 'package.json']) cpSync(join(cli, part), join(copy, part), { recursive: true })
    folder.write(join(copy.slice(folder.path.length), 'a.cpp'), plugin(''))
    const { status, stderr } = runCopyOfCli(join(copy, 'bin/shared-channel.js'), copy, 'wasm', 'a.cpp', '-o', 'a.wasm')
    expect(status).toBe(1)
    expect(stderr).toContain('npm install --save-dev @yowasp/clang')
  })

  it.each([
    [[], 'Name the sources'],
    [['missing.cpp', '-o', 'x.wasm'], 'There is no file missing.cpp'],
    [['a.cpp'], '-o plugin.wasm'],
    [['a.cpp', '-o', 'x.wasm', '--segment-bytes', '1'], '--segment-bytes'],
    [['a.cpp', '-o', 'x.wasm', '--segment-bytes', 'many'], '--segment-bytes'],
    [['a.cpp', '-o', 'x.wasm', '--optimise'], '--optimise'],
  ])('tells how it is used: %j', (args, message) => {
    const { status, stdout, stderr } = compile({ 'a.cpp': '' }, ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('usage: shared-channel wasm')
  })

  it('tells how it is used on stdout when asked', () => {
    const { status, stdout } = runCli(folder.path, 'wasm', '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('usage: shared-channel wasm')
  })
})

interface Facts {
  segmentBytes: number
  memory: { initial: number; maximum: number }
}

function factsOf(module: WebAssembly.Module | undefined): Facts {
  const [section] = module === undefined ? [] : WebAssembly.Module.customSections(module, 'shared-channel')
  return JSON.parse(new TextDecoder().decode(section))
}
