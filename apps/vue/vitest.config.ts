import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    name: 'sample-vue',
    environment: 'happy-dom',
    include: ['test/*.test.ts'],
    testTimeout: 20_000,
    restoreMocks: true,
  },
})
