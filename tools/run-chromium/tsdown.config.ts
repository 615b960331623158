import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts', 'src/vitest.ts', 'src/page.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  deps: { neverBundle: [/^vitest/] },
  dts: true,
  fixedExtension: false,
})
