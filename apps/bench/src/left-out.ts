// What cannot be measured on this machine.
import { LeftOut as NoChromium } from '@shared-channel/run-chromium'
import { LeftOut as NoElectron } from '@shared-channel/run-electron'

/** Whether an error says why, and what would change that. */
export const isLeftOut = (error: unknown): error is Error => error instanceof NoElectron || error instanceof NoChromium
