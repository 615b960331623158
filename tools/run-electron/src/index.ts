export { type Display, openDisplay } from './display.ts'
export { checkStarts, findElectron, isCI, LeftOut, type Machine } from './find-electron.ts'
export { type ElectronRun, runElectron } from './run-electron.ts'
