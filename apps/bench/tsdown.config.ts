import { defineConfig, type UserConfig } from 'tsdown'

const ELECTRON: UserConfig = { target: 'es2022', deps: { neverBundle: ['electron'] }, dts: false }

/** Scripts of a page and its workers, with React as it is for users. */
const PAGE: UserConfig = {
  outDir: 'dist/browser',
  target: 'es2022',
  format: ['iife'],
  dts: false,
  platform: 'browser',
  deps: { alwaysBundle: [/./], onlyBundle: false },
  define: { 'process.env.NODE_ENV': '"production"' },
  outputOptions: { entryFileNames: '[name].js' },
}

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
  { ...PAGE, entry: { page: 'src/browser/page/page.ts' }, copy: ['src/browser/page/*.html'] },
  { ...PAGE, entry: { worker: 'src/browser/page/worker.ts' } },
])
