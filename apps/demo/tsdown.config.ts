import { defineConfig } from 'tsdown'

const COMMON = { target: 'es2022', dts: false } as const

export default defineConfig([
  {
    ...COMMON,
    entry: ['src/main.ts', 'src/partner.ts'],
    format: 'esm',
    platform: 'node',
    fixedExtension: false,
  },
  {
    ...COMMON,
    entry: { main: 'src/electron/app/main.ts' },
    outDir: 'dist/electron',
    // Electron 22 knows no ES modules.
    format: 'cjs',
    platform: 'node',
    deps: { neverBundle: ['electron'] },
  },
  {
    ...COMMON,
    entry: ['src/electron/app/painter.ts', 'src/electron/app/viewer.ts'],
    outDir: 'dist/electron/pages',
    format: 'esm',
    platform: 'browser',
    fixedExtension: false,
    deps: { alwaysBundle: [/^@shared-channel\//] }, // a page finds no packages
    copy: ['src/electron/app/*.html', 'src/electron/app/*.css'],
  },
])
