import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/main.ts', 'src/index.ts', 'src/worker.ts', 'src/peer.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  dts: { entry: 'src/index.ts' },
  fixedExtension: false,
})
