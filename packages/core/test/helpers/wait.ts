/** One turn of the event loop: timers, messages and other immediates have had their chance. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** So many turns of the event loop; enough for anything that is going to happen without a timer. */
export async function turns(count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

/** How a promise stands after everything that is due has run. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending'
  promise.then(
    () => {
      state = 'resolved'
    },
    () => {
      state = 'rejected'
    },
  )
  await turn()
  return state
}

/** What each of these rejects with; none may resolve. */
export function reasonsOf(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const reasonOf = async (promise: Promise<unknown>) => {
    const value = await promise.then(
      (value) => ({ value }),
      (reason: unknown) => ({ reason }),
    )
    if ('reason' in value) return value.reason
    throw new Error(`resolved with ${String(value.value)}`)
  }
  return Promise.all(promises.map(reasonOf))
}
