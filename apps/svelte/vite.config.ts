import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './', // for app://, where Electron serves what is built
  plugins: [svelte({ configFile: false })],
})
