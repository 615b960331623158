import { render, screen, waitFor } from '@testing-library/react'
import { StrictMode } from 'react'
import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from 'vitest/browser'
import { SharedChannelProvider } from '../../src/index.ts'
import { Instrument, STREAMED } from './instrument.tsx'
import { Memories } from './memories.ts'

const TIMEOUT = { timeout: 60_000 }
const REMOUNTS = 100

const memories = new Memories()

const text = (id = 'instrument') => screen.queryByTestId(id)?.textContent
const streamed = (id?: string) => waitFor(() => expect(text(id)).toBe(STREAMED), TIMEOUT)
const workers = (count: number) => expect.poll(() => commands.countWorkers(), TIMEOUT).toBe(count)
const noMemory = () => expect.poll(() => memories.collect(), TIMEOUT).toBe(0)

beforeAll(() => expect(crossOriginIsolated).toBe(true))

describe('the real plugin', () => {
  it('streams what is checked, and is gone when its component is', async () => {
    const { unmount } = render(<Instrument />)
    await streamed()
    await workers(1)
    unmount()
    await workers(0)
    await noMemory()
  })

  it('is opened once in StrictMode, and for all components of a provider', async () => {
    const before = memories.made
    const { rerender, unmount } = render(<Page ids={['a']} />)
    await streamed('a')
    rerender(<Page ids={['a', 'b']} />)
    rerender(<Page ids={['b']} />)
    expect(screen.getByTestId('b').dataset.status).toBe('open')
    await workers(1)
    expect(memories.made - before).toBe(1)
    unmount()
    await workers(0)
  })

  it(`leaves nothing when it is mounted and unmounted ${REMOUNTS} times`, async () => {
    const before = memories.made
    for (let i = 0; i < REMOUNTS; i++) {
      const { unmount } = render(<Instrument />, { wrapper: StrictMode })
      await streamed()
      unmount()
    }
    expect(memories.made - before).toBe(REMOUNTS)
    await workers(0)
    await noMemory()
  })

  it('leaves nothing when its component is unmounted while it connects, however far that has come', async () => {
    for (let i = 0; i < REMOUNTS; i++) {
      const { unmount } = render(<Instrument />)
      await new Promise((resolve) => setTimeout(resolve, i % 10)) // each time at another point
      unmount()
    }
    await workers(0)
    await noMemory()
  })
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

it.each([10_000, 1_000_000])('%i messages a second are at most one render a frame', async (rate) => {
  let renders = 0
  const levels = new Set<number | undefined>()
  const onRender = (level: number | undefined) => {
    renders++
    levels.add(level)
  }
  const { unmount } = render(<Instrument rate={rate} onRender={onRender} />)
  await streamed()

  const before = renders
  const FRAMES = 60
  for (let frame = 0; frame < FRAMES; frame++) await new Promise(requestAnimationFrame)
  expect(renders - before).toBeLessThanOrEqual(FRAMES + 1)
  expect(levels.size).toBeGreaterThan(10) // they do come
  unmount()
  await workers(0)
})
