// What buffers are posted over in this process, by the main process's names.

type Take = (carrier: object) => void

const carriers = new Map<string, Promise<object>>()
const takers = new Map<string, Take>()

/** The port, the process or the channel of this name, as soon as it is here. */
export function carrierNamed(name: string): Promise<object> {
  const carrier = carriers.get(name) ?? new Promise<object>((resolve) => takers.set(name, resolve))
  carriers.set(name, carrier)
  return carrier
}

export function takeCarrier(name: string, carrier: object): void {
  carriers.set(name, Promise.resolve(carrier))
  takers.get(name)?.(carrier)
}
