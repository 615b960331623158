import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['app/main.ts', 'app/preload.ts', 'app/utility.ts', 'app/node-child.ts'],
  // Electron 22 knows no ES modules.
  format: ['cjs'],
  target: 'es2022',
  platform: 'node',
  deps: { neverBundle: ['electron'] },
  dts: false,
  fixedExtension: true,
})
