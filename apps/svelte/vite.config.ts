import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './', // for Electron's app:// as for any folder of a server
  plugins: [svelte({ configFile: false }), crossOriginIsolation()],
})
