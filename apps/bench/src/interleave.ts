import { median } from './statistics.ts'

/**
 * Runs each contender once a round, so that whatever else the machine does hits all of them. A first round, which
 * warms up, is not counted; who begins changes from round to round.
 *
 * @param contenders By name; each runs once and returns its result.
 * @returns The median of each contender's results.
 */
export async function interleave<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[]
  const results = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name
      const result = await contenders[name]()
      if (round > 0) results.get(name)?.push(result)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(results.get(name) as number[])])) as Record<Name, number>
}
