import { defineConfig } from 'tsdown'

const COMMON = { target: 'es2022' } as const

export default defineConfig([
  {
    ...COMMON,
    entry: ['src/index.ts'],
    format: 'esm',
    platform: 'browser',
    dts: true,
    fixedExtension: false,
  },
  {
    ...COMMON,
    entry: { testing: 'src/testing/index.ts', 'testing-applications': 'src/testing/applications.ts' },
    format: 'esm',
    platform: 'node',
    deps: { neverBundle: ['vitest'] },
    dts: true,
    fixedExtension: false,
    clean: false, // what the first has made
  },
  {
    ...COMMON,
    entry: ['src/start.ts'],
    format: 'esm',
    platform: 'node',
    dts: false,
    fixedExtension: false,
    clean: false, // what the first has made
  },
  {
    ...COMMON,
    entry: ['src/electron/main.ts'],
    outDir: 'dist/electron',
    // Electron 22 knows no ES modules.
    format: 'cjs',
    platform: 'node',
    dts: false,
    deps: { neverBundle: ['electron'] },
  },
])
