/**
 * What the sample applications do, as tests of each of them.
 */
export { FakePlugin } from './fake-plugin.ts'
export { type Mount, type Page, show } from './page.ts'
export { testApp } from './test-app.ts'
export { testSharedBufferTest } from './test-shared-buffer-test.ts'
export { until } from './wait.ts'
