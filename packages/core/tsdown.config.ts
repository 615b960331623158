import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts', 'src/compat.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  // For Symbol.asyncDispose, in projects whose own lib is older.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  fixedExtension: false,
})
