/** The middle of `values`: half of them are at most this large. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}

/**
 * The smallest of `values` that at least `percent` per cent of them do not exceed (nearest rank).
 *
 * @param percent Above 0, up to 100.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`percent must be above 0 and up to 100; it is ${percent}`)
  const sorted = ascending(values)
  return at(sorted, Math.ceil((percent / 100) * sorted.length) - 1)
}

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('there are no values')
  return [...values].sort((a, b) => a - b)
}

function at(values: readonly number[], index: number): number {
  return values[index] as number
}
