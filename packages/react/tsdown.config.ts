import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  // Frameworks that render on the server take hooks only from such files.
  banner: { js: "'use client'" },
  fixedExtension: false,
})
