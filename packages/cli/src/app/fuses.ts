// The fuses of an Electron executable: switches that its maker sets in the file itself.
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'

/** `undefined` for a fuse that this Electron does not have. */
export type Fuses = Readonly<Partial<Record<keyof typeof FuseV1Options, boolean>>>

const OFF = '0'.charCodeAt(0)
const ON = '1'.charCodeAt(0)

/** @returns `undefined` for what is no Electron of 12 or later. */
export async function readFuses(executable: string): Promise<Fuses | undefined> {
  try {
    const wire = await getCurrentFuseWire(executable)
    const states = Object.entries(wire).flatMap(([index, state]) => {
      const name = FuseV1Options[Number(index)]
      return name !== undefined && (Number(state) === ON || Number(state) === OFF) ? [[name, Number(state) === ON]] : []
    })
    return Object.fromEntries(states)
  } catch {
    return undefined
  }
}
