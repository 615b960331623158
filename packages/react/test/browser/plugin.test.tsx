import {
  expectAnUpdateAFrame,
  expectNothingOf,
  expectNothingOfUnopened,
  expectToComeAndGo,
  Memories,
  waitForWorkers,
} from '@shared-channel/run-chromium/page'
import { render, screen, waitFor } from '@testing-library/react'
import { StrictMode } from 'react'
import { beforeAll, describe, expect, it } from 'vitest'
import { SharedChannelProvider } from '../../src/index.ts'
import { Instrument, type InstrumentProps, STREAMED } from './instrument.tsx'

const REMOUNTS = 100

const memories = new Memories()

const text = (id = 'instrument') => screen.queryByTestId(id)?.textContent
const streamed = (id?: string) => waitFor(() => expect(text(id)).toBe(STREAMED), { timeout: 60_000 })
const mount = (props: InstrumentProps = {}) => ({ ...render(<Instrument {...props} />), streamed })
const mountStrictly = () => ({ ...render(<Instrument />, { wrapper: StrictMode }), streamed })

beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', () => expectToComeAndGo(mount, memories))

  it('is opened once in StrictMode, and for all components of a provider', async () => {
    const before = memories.made
    const { rerender, unmount } = render(<Page ids={['a']} />)
    await streamed('a')
    rerender(<Page ids={['a', 'b']} />)
    rerender(<Page ids={['b']} />)
    expect(screen.getByTestId('b').dataset.status).toBe('open')
    await waitForWorkers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await waitForWorkers(0)
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, () =>
    expectNothingOf(REMOUNTS, mountStrictly, memories))

  it('leaves nothing when its component is unmounted while it connects, however far that has come', () =>
    expectNothingOfUnopened(REMOUNTS, mount, memories))
})

function Page({ ids }: { ids: string[] }) {
  return (
    <StrictMode>
      <SharedChannelProvider>
        {ids.map((id) => (
          <Instrument key={id} id={id} streams={id === 'a'} />
        ))}
      </SharedChannelProvider>
    </StrictMode>
  )
}

it.each([10_000, 1_000_000])('%i messages a second are at most one render a frame', (rate) =>
  expectAnUpdateAFrame((onRender) => mount({ rate, onRender })),
)
