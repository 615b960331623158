// Rows that are measured inside of a real Electron.
import { fileURLToPath } from 'node:url'
import { runElectron } from '@shared-channel/run-electron'
import { type JobName, type Jobs, ORDER_VARIABLE, type Order } from './electron/order.ts'
import type { Outcome } from './row.ts'

/** Built beside the program; src/ and dist/ lie side by side. */
const APP = fileURLToPath(new URL('../dist/electron/main.cjs', import.meta.url))
const plugin = (name: string) => fileURLToPath(new URL(`../build/Release/${name}`, import.meta.url))
const LONGEST_RUN = 300_000
const SOME_RING = 1 << 16

/**
 * @param capacity Bytes of each ring.
 * @throws LeftOut where there is no Electron.
 */
export async function measureElectron<Name extends JobName>(
  job: Name,
  settings: Jobs[Name],
  capacity = SOME_RING,
): Promise<Outcome> {
  const order: Order<Name> = {
    job,
    settings,
    capacity,
    plugins: { measure: plugin('measure'), camera: plugin('camera') },
  }
  const environment = { [ORDER_VARIABLE]: JSON.stringify(order) }
  const answer = await runElectron({ app: APP, environment, deadline: LONGEST_RUN })
  return JSON.parse(answer) as Outcome
}
