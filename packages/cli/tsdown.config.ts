import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/doctor.ts', 'src/wasm.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  dts: false,
  fixedExtension: false,
})
