import { defineConfig } from 'tsdown'

const common = { target: 'es2022', dts: true, fixedExtension: false } as const

export default defineConfig([
  {
    ...common,
    entry: { main: 'src/main/index.ts', utility: 'src/utility/index.ts', 'utility-host': 'src/utility/host.ts' },
    format: ['esm', 'cjs'],
    platform: 'node',
    shims: true,
    deps: { neverBundle: ['electron'] },
  },
  {
    ...common,
    entry: { renderer: 'src/renderer/index.ts' },
    format: ['esm', 'cjs'],
    platform: 'browser',
  },
  {
    ...common,
    // One file that requires nothing but electron: also sandboxed preloads can run it.
    entry: { preload: 'src/preload/index.ts' },
    format: ['esm', 'cjs'],
    platform: 'neutral', // where `require` comes from is the affair of whoever bundles it
    deps: { neverBundle: ['electron'], alwaysBundle: ['@shared-channel/core'] },
  },
])
