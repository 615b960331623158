// The real plugin, as WebAssembly in a worker of a real browser.
import {
  expectAnUpdateAFrame,
  expectNothingOf,
  expectNothingOfUnopened,
  expectToComeAndGo,
  Memories,
  waitForWorkers,
} from '@shared-channel/run-chromium/page'
import { render, screen } from '@testing-library/svelte'
import { beforeAll, describe, expect, it } from 'vitest'
import Instrument from './Instrument.svelte'
import { type InstrumentProps, STREAMED } from './order.ts'
import Page from './Page.svelte'

const REMOUNTS = 100

const memories = new Memories()

const shown = (id = 'instrument') => screen.queryByTestId(id)?.textContent?.trim()
const streamed = (id?: string) => expect.poll(() => shown(id), { timeout: 60_000, interval: 5 }).toBe(STREAMED)
const mount = (props: InstrumentProps = {}) => ({ ...render(Instrument, props), streamed })

beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', () => expectToComeAndGo(mount, memories))

  it('is opened once for all components that share it', async () => {
    const before = memories.made
    const { rerender, unmount } = render(Page, { ids: ['a'] })
    await streamed('a')
    await rerender({ ids: ['a', 'b'] })
    await rerender({ ids: ['b'] })
    expect(screen.getByTestId('b').dataset.status).toBe('open')
    await waitForWorkers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await waitForWorkers(0)
    await memories.waitForNone()
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, () =>
    expectNothingOf(REMOUNTS, mount, memories))

  it('leaves nothing when its component is unmounted while it connects, however far that has come', () =>
    expectNothingOfUnopened(REMOUNTS, mount, memories))
})

it.each([10_000, 1_000_000])('%i messages a second are at most one update a frame', (rate) =>
  expectAnUpdateAFrame((onupdate) => mount({ rate, onupdate })),
)
