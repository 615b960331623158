// What an error of the compiler comes from when it comes from the browser, and what to do instead.

interface Limit {
  readonly of: RegExp
  readonly text: string
}

const THREADS =
  'Threads: a plugin in a browser has one, the worker that it runs in. Do the work in update() (updateInterval), or in pieces ' +
  'per message; leave the rest to the native build with #ifndef __wasm__.'
const FILES =
  'Files: a browser has none. Let the page fetch the bytes and send them as a message, or compile the data in; leave the rest ' +
  'to the native build with #ifndef __wasm__.'
const SOCKETS =
  'Sockets: a browser has none. Let the page fetch, or open a WebSocket, and send on what it receives; leave the rest to the ' +
  'native build with #ifndef __wasm__.'

/** Uses of functions that the library for browsers does not declare, or has not. */
const uses = (names: string) => `(?:undefined symbol: |undeclared identifier ')(?:${names})\\b`

/** One of these, in the text of clang or of the linker. */
const any = (...patterns: string[]) => new RegExp(patterns.join('|'))

/** The first that fits is told; one cause has many errors. */
const ERRORS: readonly Limit[] = [
  {
    of: /undefined symbol: sc_get_plugin_entry/,
    text: 'No source is a plugin: write SHARED_CHANNEL_PLUGIN(Class, "name", "version") at the end of one.',
  },
  {
    of: any("'(?:netdb|net/if)\\.h' file not found", uses('socket|connect|bind|listen|getaddrinfo|gethostbyname')),
    text: SOCKETS,
  },
  {
    of: any('WASI lacks a true mmap', uses('tmpfile|tmpnam|mkstemp|flock|mmap|chmod')),
    text: FILES,
  },
  {
    of: /'([^']+)' file not found/,
    text:
      "There is no such header: of the system's only those of the C and C++ libraries are there. Name your own folders with -I, and " +
      'compile the sources of a library along. What drives devices or windows belongs to the native build: #ifndef __wasm__.',
  },
  {
    of: any(
      'WASI lacks',
      'Setjmp/longjmp support requires',
      uses('fork|exec\\w*|system|popen|kill|signal|raise|sigaction|dlopen|dlsym|setjmp|longjmp'),
    ),
    text: 'A browser has no processes, signals, libraries to load or long jumps. Leave that to the native build with #ifndef __wasm__.',
  },
  {
    of: /undefined symbol:/,
    text: 'Nothing defines what is undefined above. Name all sources of the plugin, and those of the libraries that it uses.',
  },
  {
    of: /-fno-exceptions|cannot use 'throw' with exceptions disabled/,
    text: 'Exceptions work in a plugin for browsers; take -fno-exceptions away.',
  },
]

/** What the script of the worker gives (packages/browser/src/worker/wasi.ts). */
const GIVEN = new Set(
  [
    'clock_res_get',
    'clock_time_get',
    'environ_get',
    'environ_sizes_get',
    'fd_close',
    'fd_fdstat_get',
    'fd_prestat_dir_name',
    'fd_prestat_get',
    'fd_read',
    'fd_seek',
    'fd_write',
    'poll_oneoff',
    'random_get',
    'sched_yield',
  ].map((name) => `wasi_snapshot_preview1.${name}`),
)

/** Names of what was linked and is not there. */
const IMPORTS: readonly Limit[] = [
  { of: /^missing\.threads$/, text: THREADS },
  { of: /\.sock_/, text: SOCKETS },
  { of: /\.(?:path_|fd_)/, text: FILES },
]

/** @returns The last lines after those of the compiler. */
export function explainErrors(text: string): string {
  const limit = ERRORS.find(({ of }) => of.test(text))
  return limit === undefined ? '\nThe sources do not compile.' : `\n${limit.text}`
}

/** @returns What the module needs and a browser has not; undefined when it has all. */
export function explainImports(module: WebAssembly.Module): string | undefined {
  const missing = WebAssembly.Module.imports(module)
    .map((entry) => `${entry.module}.${entry.name}`)
    .filter((name) => !/^(?:env\.memory|shared_channel\..*)$/.test(name) && !GIVEN.has(name))
  if (missing.length === 0) return undefined
  const texts = missing.map(
    (name) => IMPORTS.find(({ of }) => of.test(name))?.text ?? 'Leave that to the native build.',
  )
  return [`The plugin uses what a browser has not: ${missing.join(', ')}.`, ...new Set(texts)].join('\n\n')
}
