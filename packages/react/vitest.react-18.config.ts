import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

/** The same tests with the oldest React that is supported. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^react(?=\/|$)/, replacement: 'react-18' },
      { find: /^react-dom(?=\/|$)/, replacement: 'react-dom-18' },
    ],
  },
  test: {
    ...config.test,
    name: 'react-18',
    exclude: ['test/activity.test.tsx'], // React 19.2 brought it
    env: { REACT: '18.2.0' },
    setupFiles: ['test/react-18.ts', 'test/setup.ts'],
    sequence: { setupFiles: 'list' },
  },
})
