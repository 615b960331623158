import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({ plugins: [svelte(), crossOriginIsolation()] })
