/** One turn of the event loop: messages, wake-ups and other immediates have had their chance. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** So many turns; enough for anything that is going to happen without a timer. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}
