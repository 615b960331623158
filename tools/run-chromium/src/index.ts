export { findChromium, isCI, LeftOut } from './find-chromium.ts'
