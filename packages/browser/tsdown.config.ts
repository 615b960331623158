import { defineConfig } from 'tsdown'
import { workerText } from './worker-text.ts'

const common = { format: 'esm', target: 'es2022', fixedExtension: false } as const

export default defineConfig([
  { ...common, entry: ['src/index.ts'], platform: 'browser', dts: true, plugins: [workerText()] },
  // For pages that may not start workers from blobs.
  {
    ...common,
    entry: { worker: 'src/worker/index.ts' },
    platform: 'browser',
    dts: true,
    footer: { js: 'export {}' }, // a module, also for tools that look for one
  },
  { ...common, entry: ['src/vite.ts'], platform: 'node', dts: true },
])
