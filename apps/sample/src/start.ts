// node dist/start.js react: the application in a window of Electron, until it is closed.
import { fileURLToPath } from 'node:url'
import { runElectron } from '@shared-channel/run-electron'

const MAIN = fileURLToPath(new URL('electron/main.cjs', import.meta.url))
const LONGEST = 2 ** 31 - 1

// Ctrl-C ends Electron, which is in the same group; then its folder is removed here.
let isInterrupted = false
process.on('SIGINT', () => {
  isInterrupted = true
})

const [framework = ''] = process.argv.slice(2)
try {
  await runElectron({ app: MAIN, switches: [`--framework=${framework}`], deadline: LONGEST })
} catch (error) {
  if (isInterrupted) process.exit()
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
