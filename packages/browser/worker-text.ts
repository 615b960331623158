// Bundles the script of the worker into a text that the package starts it from: no bundler of an application has to know.
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'

const NAME = 'virtual:worker-text'
const ENTRY = fileURLToPath(new URL('./src/worker/index.ts', import.meta.url))

export function workerText(): Pick<Plugin, 'name' | 'resolveId' | 'load'> {
  return {
    name: 'worker-text',
    resolveId: (id: string) => (id === NAME ? `\0${NAME}` : undefined),
    load: async (id: string) => (id === `\0${NAME}` ? `export default ${JSON.stringify(await bundle())}` : undefined),
  }
}

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2022', lib: { entry: ENTRY, formats: ['iife'], name: 'worker' } },
  })
  const [output] = Array.isArray(result) ? result : [result as Rolldown.RolldownOutput]
  const chunk = output?.output[0]
  if (chunk === undefined) throw new Error('The script of the worker was not built.')
  return chunk.code
}
