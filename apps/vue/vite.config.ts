import { crossOriginIsolation } from '@shared-channel/browser/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './', // for Electron's app:// as for any folder of a server
  plugins: [vue(), crossOriginIsolation()],
})
