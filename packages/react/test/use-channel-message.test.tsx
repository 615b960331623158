import { turns, until } from '@shared-channel/sample/testing'
import { render, renderHook, screen } from '@testing-library/react'
import { StrictMode, useLayoutEffect, useRef } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { useChannelMessage, useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'
import { ErrorBoundary, silenceErrors } from './helpers/error-boundary.tsx'
import { FakeSource } from './helpers/fake-source.ts'
import { openCamera } from './helpers/open-camera.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('a handler', () => {
  it('gets each message once, in order, and renders nothing', async () => {
    const { channel, peer } = openCamera()
    const levels: number[] = []
    let renders = 0
    renderHook(() => {
      renders++
      useChannelMessage(channel, 'level', (level) => levels.push(level))
    })
    for (const level of upTo(1000)) if (!peer.send('level', level)) await peer.ready
    await until(() => levels.length === 1000)
    expect(levels).toEqual(upTo(1000))
    expect(renders).toBe(1)
  })

  it('is that of the last render; giving another one neither loses nor repeats a message', async () => {
    const { channel, peer } = openCamera()
    const calls: [render: number, level: number][] = []
    const { rerender } = renderHook(
      ({ render }) => useChannelMessage(channel, 'level', (level) => calls.push([render, level])),
      { initialProps: { render: 0 } },
    )
    for (const level of upTo(100)) {
      peer.send('level', level)
      rerender({ render: level })
      if (level % 3 === 0) await turns(3)
    }
    await until(() => calls.length === 100)
    expect(calls.map(([, level]) => level)).toEqual(upTo(100))
    expect(calls.every(([render, level]) => render >= level)).toBe(true)
  })

  it('is subscribed once, however often another one is given', () => {
    const source = new FakeSource()
    const on = vi.spyOn(source, 'on')
    const { rerender } = renderHook(() => useChannelMessage(source, 'level', () => {}))
    rerender()
    rerender()
    expect(on).toHaveBeenCalledOnce()
  })

  it('is that of a render before any of its other effects', () => {
    const source = new FakeSource()
    const calls: [render: number, level: number][] = []
    const { rerender } = renderHook(
      ({ render }) => {
        useChannelMessage(source, 'level', (level) => calls.push([render, level]))
        useLayoutEffect(() => source.emit(render), [render])
      },
      { initialProps: { render: 0 } },
    )
    rerender({ render: 1 })
    rerender({ render: 2 })
    expect(calls).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  it('is called no more when its component is unmounted', async () => {
    const { channel, peer } = openCamera()
    const handler = vi.fn()
    const { unmount } = renderHook(() => useChannelMessage(channel, 'note', handler), { reactStrictMode: true })
    peer.send('note', 'seen')
    await until(() => handler.mock.calls.length === 1)
    unmount()
    peer.send('note', 'missed')
    await turns()
    expect(handler).toHaveBeenCalledOnce()
    expect(channel.stats().receivedMessages).toBe(1) // the other one waits for whoever comes next
  })

  it('may hold a view by its promise, and has its errors heard by the channel', async () => {
    const source = new FakeSource()
    const promise = Promise.resolve()
    renderHook(() => useChannelMessage(source, 'level', () => promise))
    expect([...source.handlers].map((handler) => handler(1 as never))).toEqual([promise])

    const { channel, peer } = openCamera()
    const errors: unknown[] = []
    channel.onError((error) => errors.push(error))
    renderHook(() =>
      useChannelMessage(channel, 'level', () => {
        throw new Error('of the handler')
      }),
    )
    peer.send('level', 1)
    await until(() => errors.length > 0)
    expect(errors).toEqual([new Error('of the handler')])
  })
})

describe('what came before', () => {
  it('the components came up with the open channel is not lost, whatever types they want', async () => {
    const host = cameraHost()
    const connect = () => {
      const link = host.open()
      host.peer.send('note', 'first')
      for (const level of upTo(100)) host.peer.send('level', level)
      host.peer.send('note', 'last')
      return link
    }
    const notes: string[] = []
    const levels: number[] = []
    render(
      <StrictMode>
        <Notes connect={connect} notes={notes} levels={levels} />
      </StrictMode>,
    )
    await until(() => notes.length === 2)
    expect(notes).toEqual(['first', 'last'])
    expect(levels).toEqual(upTo(100))
  })
})

interface NotesProps {
  connect: () => ReturnType<ReturnType<typeof cameraHost>['open']>
  notes: string[]
  levels: number[]
}

function Notes({ connect, notes, levels }: NotesProps) {
  const { channel } = useSharedChannel({ key: 'camera', connect, protocol: Camera })
  useChannelMessage(channel, 'note', (note) => notes.push(note))
  return channel && <Levels channel={channel} levels={levels} />
}

function Levels({
  channel,
  levels,
}: {
  channel: Parameters<typeof useChannelMessage<Camera, 'level'>>[0]
  levels: number[]
}) {
  const own = useRef(levels)
  useChannelMessage(channel, 'level', (level) => own.current.push(level))
  return null
}

describe('a channel', () => {
  it('may be null, come, go and be another', async () => {
    const handler = vi.fn()
    const [a, b] = [new FakeSource(), new FakeSource()]
    const { rerender } = renderHook(({ channel }) => useChannelMessage(channel, 'level', handler), {
      initialProps: { channel: null as FakeSource | null },
    })
    rerender({ channel: a })
    rerender({ channel: b })
    expect([a.handlers.size, b.handlers.size]).toEqual([0, 1])
    b.emit(1)
    expect(handler.mock.calls).toEqual([[1]])
    rerender({ channel: null })
    expect(b.handlers.size).toBe(0)
  })

  it('may be closed', async () => {
    const { channel } = openCamera()
    await channel.close({ discard: true })
    renderHook(() => useChannelMessage(channel, 'level', () => {}))
  })

  it('must know the type: the error comes to the error boundary', () => {
    silenceErrors()
    const { channel } = openCamera()
    render(
      <ErrorBoundary>
        <Levels channel={channel} levels={[]} />
        <Wrong channel={channel} />
      </ErrorBoundary>,
    )
    expect(screen.getByRole('button').textContent).toContain('no message "nothing"')
  })
})

function Wrong({ channel }: { channel: ReturnType<typeof openCamera>['channel'] }) {
  useChannelMessage(channel, 'nothing' as 'level', () => {})
  return null
}
