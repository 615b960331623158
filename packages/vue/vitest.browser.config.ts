import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { testInChromium } from '@shared-channel/run-chromium/vitest'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  plugins: [vue(), crossOriginIsolation()],
  optimizeDeps: { include: ['vue'] },
  test: testInChromium({ name: 'vue-browser', include: ['test/browser/*.test.ts'] }),
})
