/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Waits for a condition, a millisecond between two looks.
 *
 * @param limit Milliseconds after which it throws.
 */
export async function until(condition: () => boolean, limit = 15_000): Promise<void> {
  const end = performance.now() + limit
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms in vain for: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
