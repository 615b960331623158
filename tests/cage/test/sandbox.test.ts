import { expect, it } from 'vitest'
import { LIBRARY } from '../browser.ts'
import type { DevTools } from '../devtools.ts'
import { KINDS } from '../page.ts'
import { addressSpace, type Range } from '../renderers.ts'
import { useStage, withChromium } from '../stage.ts'

// What V8 tells about itself. https://source.chromium.org/chromium/chromium/src/+/main:gin/v8_initializer.cc
const MODE = 'V8.SandboxMode'
const SECURE = 0
const RESERVATION = 'V8.SandboxReservationSizeGB'
const TERABYTE_IN_GB = 1024

withChromium("V8's sandbox, the memory cage", () => {
  const stage = useStage()

  it('is on in all renderers, as V8 itself reports', async () => {
    await stage.openPage()
    const { devTools } = stage.browser
    // Shows the figures of all processes, and so brings them together.
    const figures = await devTools.send<{ targetId: string }>('Target.createTarget', { url: 'chrome://histograms/V8.' })
    await expect.poll(() => valuesOf(devTools, RESERVATION)).toHaveLength(1)
    const [reserved] = await valuesOf(devTools, RESERVATION)
    expect(reserved).toBeGreaterThanOrEqual(TERABYTE_IN_GB)
    expect(await valuesOf(devTools, MODE)).toEqual([SECURE])
    await devTools.send('Target.closeTarget', figures)
  })

  it('holds what segments are mapped over, of every kind', async () => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    for (const kind of KINDS) {
      const { pid, address } = await stage.map(page, kind, owner)
      const { begin, end } = reservationAround(address, pid)
      expect((end - begin) >> 30n).toBeGreaterThanOrEqual(TERABYTE_IN_GB)
      const library = addressSpace(pid).find(({ name }) => name === LIBRARY)
      expect(library?.begin).toBeDefined()
      expect(library?.begin).not.toSatisfy((place: bigint) => begin <= place && place < end)
    }
  })
})

/** The different values that were counted, over all processes. */
async function valuesOf(devTools: DevTools, histogram: string): Promise<number[]> {
  type Answer = { histograms: { name: string; buckets: { low: number }[] }[] }
  const { histograms } = await devTools.send<Answer>('Browser.getHistograms', { query: histogram })
  return histograms.filter(({ name }) => name === histogram).flatMap(({ buckets }) => buckets.map(({ low }) => low))
}

/** The stretch without a gap that the process has reserved around an address. */
function reservationAround(address: bigint, pid: number): Pick<Range, 'begin' | 'end'> {
  const stretches: { begin: bigint; end: bigint }[] = []
  for (const { begin, end } of addressSpace(pid)) {
    const last = stretches.at(-1)
    if (last?.end === begin) last.end = end
    else stretches.push({ begin, end })
  }
  const around = stretches.find(({ begin, end }) => begin <= address && address < end)
  if (around === undefined) throw new Error(`nothing is mapped at ${address}`)
  return around
}
