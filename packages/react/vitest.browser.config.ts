import { crossOriginIsolation } from '@shared-channel/browser/vite'
import { testInChromium } from '@shared-channel/run-chromium/vitest'
import { defineConfig } from 'vitest/config'

/** In a real browser, with the real plugin of apps/sample as WebAssembly. */
export default defineConfig({
  plugins: [crossOriginIsolation()],
  optimizeDeps: {
    include: ['react', 'react/jsx-dev-runtime', 'react-dom', 'react-dom/client', '@testing-library/react'],
  },
  test: testInChromium({
    name: 'react-browser',
    include: ['test/browser/*.test.tsx'],
    setupFiles: ['test/setup.ts'],
  }),
})
