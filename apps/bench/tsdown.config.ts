import { defineConfig, type UserConfig } from 'tsdown'

const ELECTRON: UserConfig = { target: 'es2022', deps: { neverBundle: ['electron'] }, dts: false }

export default defineConfig([
  {
    entry: ['src/main.ts', 'src/index.ts', 'src/worker.ts', 'src/peer.ts'],
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    dts: { entry: 'src/index.ts' },
    fixedExtension: false,
  },
  {
    ...ELECTRON,
    entry: { 'electron/main': 'src/electron/main.ts', 'electron/preload': 'src/electron/preload.ts' },
    // Electron 22 knows no ES modules.
    format: ['cjs'],
    platform: 'node',
    fixedExtension: true,
  },
  {
    ...ELECTRON,
    entry: { page: 'src/electron/page/page.ts' },
    outDir: 'dist/electron/pages',
    format: ['iife'],
    deps: { alwaysBundle: [/^@shared-channel\//] },
    platform: 'browser',
    outputOptions: { entryFileNames: '[name].js' },
    copy: ['src/electron/page/*.html'],
  },
])
