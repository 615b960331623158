import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/main.ts', 'src/partner.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  dts: false,
  fixedExtension: false,
})
