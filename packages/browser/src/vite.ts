import type { Plugin } from 'vite'

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/**
 * Has Vite's servers, `vite` and `vite preview`, send the two headers that make a page cross-origin isolated, so that it can share
 * memory with its workers. The server that the built page comes from later has to send them, too.
 *
 * @returns The plugin.
 * @example
 * // vite.config.ts
 * import { crossOriginIsolation } from '@shared-channel/browser/vite'
 * import { defineConfig } from 'vite'
 *
 * export default defineConfig({ plugins: [crossOriginIsolation()] })
 */
export function crossOriginIsolation(): Plugin {
  return {
    name: 'shared-channel:cross-origin-isolation',
    config: () => ({ server: { headers: HEADERS }, preview: { headers: HEADERS } }),
  }
}
