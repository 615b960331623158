import { defineConfig, type UserConfig } from 'tsdown'

const COMMON: UserConfig = { target: 'es2022', dts: false }

export default defineConfig([
  {
    ...COMMON,
    entry: {
      main: 'app/main.ts',
      preload: 'app/preload.ts',
      utility: 'app/utility.ts',
      'node-child': 'app/node-child.ts',
      'windows/main': 'windows/app/main.ts',
      'windows/member': 'windows/app/member.ts',
      'windows/guide': 'windows/app/guide.ts',
      'windows/preloads/guide': 'windows/app/preloads/guide.ts',
    },
    // Electron 22 knows no ES modules.
    format: ['cjs'],
    platform: 'node',
    deps: { neverBundle: ['electron'] },
    fixedExtension: true,
  },
  {
    ...COMMON,
    entry: { bundled: 'windows/app/preloads/bundled.ts' },
    outDir: 'dist/windows/preloads',
    format: ['cjs'],
    platform: 'browser', // it may be sandboxed
    deps: { neverBundle: ['electron'], alwaysBundle: [/^@shared-channel/] },
    fixedExtension: true,
  },
  {
    ...COMMON,
    entry: { page: 'windows/app/page.ts' },
    outDir: 'dist/windows/pages',
    format: ['iife'],
    platform: 'browser',
    deps: { alwaysBundle: [/./] },
    outputOptions: { entryFileNames: '[name].js' },
    copy: ['windows/app/*.html', 'windows/app/*.js'],
  },
])
