/** The units of the measurements, and whether more of it is better. */
export const UNITS = {
  'msg/s': 'more',
  'GB/s': 'more',
  'frames/s': 'more',
  us: 'less',
  ms: 'less',
  cores: 'less',
  switches: 'less',
} as const satisfies Record<string, 'more' | 'less'>

export type Unit = keyof typeof UNITS

/** What a measurement found. */
export interface Outcome {
  readonly ours: number
  readonly peers: Readonly<Record<string, number>>
  /** What people want to know beside it. */
  readonly notes?: readonly string[]
  /** What should not have happened; then the run fails. */
  readonly problems?: readonly string[]
}

/** A measurement in the form that `--json` prints. */
export interface Row {
  readonly name: string
  readonly unit: Unit
  readonly ours: number
  readonly peers: Readonly<Record<string, number>>
  /** How many times better than each peer we are, whatever the unit: above 1 means better. */
  readonly ratio: Readonly<Record<string, number>>
}

export function makeRow(name: string, unit: Unit, { ours, peers }: Outcome): Row {
  const ratio: Record<string, number> = {}
  for (const [peer, value] of Object.entries(peers)) ratio[peer] = round(timesBetter(unit, ours, value))
  const rounded = Object.fromEntries(Object.entries(peers).map(([peer, value]) => [peer, round(value)]))
  return { name, unit, ours: round(ours), peers: rounded, ratio }
}

/** How many times better `ours` is than `theirs`. */
export function timesBetter(unit: Unit, ours: number, theirs: number): number {
  return UNITS[unit] === 'more' ? ours / theirs : theirs / ours
}

/** No measurement here is good to more digits. */
function round(value: number): number {
  return Number(value.toPrecision(4))
}
