import { crossOriginIsolation } from '@shared-channel/browser/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './', // for Electron's app:// as for any folder of a server
  plugins: [react(), crossOriginIsolation()],
})
