// A channel that is open while somebody uses it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SharedChannel } from '../src/channel.ts'
import { Connection, type ConnectionOptions, type ConnectionState } from '../src/connection.ts'
import { Connections, keyText } from '../src/connections.ts'
import { SharedChannelError } from '../src/errors.ts'
import type { Link } from '../src/link.ts'
import { Talk } from './helpers/channel-pair.ts'
import { type MemoryLink, memoryLinks } from './helpers/memory-link.ts'
import { turns, until } from './helpers/wait.ts'

const lost = () => new SharedChannelError('PEER_LOST', 'The other side went away.')

/** Links whose other side does nothing, and how they were asked for. */
function host() {
  const links: MemoryLink[] = []
  const signals: AbortSignal[] = []
  const connect = vi.fn((signal: AbortSignal): Link | Promise<Link> => {
    signals.push(signal)
    const [near] = memoryLinks()
    links.push(near)
    return near
  })
  return { connect, links, signals }
}

/** A connection, and all that it says. */
function watched(options: Partial<ConnectionOptions<Talk>> & Pick<ConnectionOptions<Talk>, 'connect'>) {
  const connection = new Connection({ protocol: Talk, channelOptions: { closeTimeout: 50 }, ...options })
  const states: ConnectionState<Talk>[] = []
  const statuses = () => states.map(({ status }) => status)
  const subscribe = () => connection.subscribe((state) => states.push(state))
  return { connection, states, statuses, subscribe }
}

async function opened(connection: Connection<Talk>): Promise<SharedChannel<Talk>> {
  await until(() => connection.get().channel !== null)
  return connection.get().channel as SharedChannel<Talk>
}

describe('a connection', () => {
  it('connects for its first subscriber, and lets go after the last', async () => {
    const { connect, links, signals } = host()
    const { connection, statuses, subscribe } = watched({ connect })
    expect(connection.get()).toEqual({ status: 'connecting', error: null, channel: null })
    await turns()
    expect(connect).not.toHaveBeenCalled()

    const leaves = [subscribe(), connection.subscribe(() => {})]
    const channel = await opened(connection)
    expect(statuses()).toEqual(['connecting', 'open'])
    leaves[0]?.()
    await turns()
    expect(channel.state).toBe('open')

    leaves[1]?.()
    expect(connection.get()).toEqual({ status: 'connecting', error: null, channel: null })
    await channel.closed
    expect(links[0]?.closed).toBe(true)
    expect(signals[0]?.aborted).toBe(true)
    expect(connect).toHaveBeenCalledOnce()
  })

  it('takes links and promises of links', async () => {
    const { connect, links } = host()
    const { connection, subscribe } = watched({ connect: async (signal) => connect(signal) })
    const leave = subscribe()
    const channel = await opened(connection)
    leave()
    await channel.closed
    expect(links[0]?.closed).toBe(true)
  })

  it('connects once for whoever comes, goes and comes again at once', async () => {
    const { connect } = host()
    const { connection, subscribe } = watched({ connect })
    subscribe()()
    subscribe()()
    const leave = subscribe()
    await opened(connection)
    expect(connect).toHaveBeenCalledOnce()
    leave()
  })

  it('asks for the next link when the last one was let go of', async () => {
    const { connect, links } = host()
    const { connection, subscribe } = watched({ connect })
    const leave = subscribe()
    await opened(connection)
    leave()
    connect.mockImplementationOnce(() => {
      expect(links[0]?.closed).toBe(true)
      return memoryLinks()[0]
    })
    const leaveAgain = subscribe()
    await opened(connection)
    expect(connect).toHaveBeenCalledTimes(2)
    leaveAgain()
  })

  it('closes a link that comes after everyone has left', async () => {
    const [near] = memoryLinks()
    let arrive = (_: Link) => {}
    const { connection, statuses, subscribe } = watched({ connect: () => new Promise((resolve) => (arrive = resolve)) })
    const leave = subscribe()
    await turns()
    leave()
    arrive(near)
    await until(() => near.closed)
    expect(statuses()).toEqual(['connecting'])
    expect(connection.get().channel).toBe(null)
  })

  it('says nothing of an attempt that fails after everyone has left', async () => {
    const { connection, states, subscribe } = watched({
      connect: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    })
    const leave = subscribe()
    await turns()
    leave()
    await turns()
    expect(states).toHaveLength(1)
    expect(connection.get().error).toBe(null)
  })

  it('says why it could not connect', async () => {
    const error = new SharedChannelError('PLUGIN_NOT_FOUND', 'There is none.')
    const { states, subscribe } = watched({ connect: () => Promise.reject(error) })
    subscribe()
    await until(() => states.length === 2)
    expect(states[1]).toEqual({ status: 'error', error, channel: null })
  })

  it('closes a link that no channel can use', async () => {
    const [near] = memoryLinks()
    new Uint8Array(near.memory).fill(0)
    const { connection, subscribe } = watched({ connect: () => near })
    subscribe()
    await until(() => connection.get().status === 'error')
    expect(connection.get().error).toMatchObject({ code: 'CORRUPT' })
    expect(near.closed).toBe(true)
  })

  it('tells the end of the channel: in good order, or with its reason', async () => {
    const { connect, links } = host()
    const { connection, statuses, subscribe } = watched({ connect })
    subscribe()
    await opened(connection)
    links[0]?.end()
    await until(() => connection.get().status === 'closed')
    expect(connection.get()).toEqual({ status: 'closed', error: null, channel: null })

    connection.reconnect()
    await opened(connection)
    links[1]?.end(lost())
    await until(() => connection.get().status === 'error')
    expect(connection.get().error).toMatchObject({ code: 'PEER_LOST' })
    expect(statuses()).toEqual(['connecting', 'open', 'closed', 'connecting', 'open', 'error'])
    await connection.close()
  })

  it('sends over the channel that there is', async () => {
    const { connect } = host()
    const { connection, subscribe } = watched({ connect })
    const closed = expect.objectContaining({ code: 'CLOSED', message: expect.stringContaining('"connecting"') })
    expect(() => connection.send('note', 'early')).toThrow(closed)
    const leave = subscribe()
    const channel = await opened(connection)
    const { send } = connection
    expect(send('note', 'hello')).toBe(true)
    expect(channel.stats().sentMessages).toBe(1)
    leave()
    expect(() => send('note', 'late')).toThrow(closed)
  })

  it('stays closed after close, until it is connected anew', async () => {
    const { connect } = host()
    const { connection, subscribe } = watched({ connect })
    const leave = subscribe()
    const channel = await opened(connection)
    await connection.close()
    expect(channel.isClosed).toBe(true)
    expect(connection.get().status).toBe('closed')
    const leaveSecond = connection.subscribe(() => {})
    await turns()
    expect(connect).toHaveBeenCalledOnce()
    connection.reconnect()
    await opened(connection)
    leave()
    leaveSecond()
    connection.reconnect() // for nobody
    await turns()
    expect(connect).toHaveBeenCalledTimes(2)
  })

  it('connects as its newest options say', async () => {
    const first = host()
    const second = host()
    const { connection, subscribe } = watched({ connect: first.connect })
    const leave = subscribe()
    await opened(connection)
    connection.options = { ...connection.options, connect: second.connect }
    connection.reconnect()
    await opened(connection)
    expect([first.connect, second.connect].map((connect) => connect.mock.calls.length)).toEqual([1, 1])
    leave()
  })
})

describe('attempts', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('are as many as it is told, further and further apart', async () => {
    const connect = vi.fn(() => Promise.reject(lost()))
    const { connection, statuses, subscribe } = watched({ connect, retry: 3 })
    subscribe()
    await turns()
    expect(connection.get()).toMatchObject({ status: 'connecting', error: { code: 'PEER_LOST' } })
    for (const delay of [1000, 2000, 4000]) {
      const before = connect.mock.calls.length
      await vi.advanceTimersByTimeAsync(delay - 1)
      expect(connect).toHaveBeenCalledTimes(before)
      await vi.advanceTimersByTimeAsync(1)
      await turns()
      expect(connect).toHaveBeenCalledTimes(before + 1)
    }
    expect(connection.get().status).toBe('error')
    expect(statuses().slice(0, -1)).not.toContain('error')
  })

  it('are decided by functions of their number and the error', async () => {
    const error = lost()
    const retry = vi.fn((attempt: number) => attempt < 2)
    const retryDelay = vi.fn((attempt: number) => attempt * 10)
    const { connection, subscribe } = watched({ connect: () => Promise.reject(error), retry, retryDelay })
    subscribe()
    for (let i = 0; i < 3; i++) {
      await turns()
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(retry.mock.calls).toEqual([
      [0, error],
      [1, error],
      [2, error],
    ])
    expect(retryDelay.mock.calls).toEqual([
      [0, error],
      [1, error],
    ])
    expect(connection.get()).toEqual({ status: 'error', error, channel: null })
  })

  it('are made for a channel that is lost, and counted until one has been open for a while', async () => {
    const { connect, links } = host()
    const { connection, subscribe } = watched({ connect, retry: 1, retryDelay: 5 })
    const loseTheLast = async () => {
      links.at(-1)?.end(lost())
      await turns()
      await vi.advanceTimersByTimeAsync(5)
      await turns()
    }
    subscribe()
    await opened(connection)
    await loseTheLast()
    expect(connection.get().status).toBe('open')
    await vi.advanceTimersByTimeAsync(10_000)
    await loseTheLast()
    expect(connection.get()).toMatchObject({ status: 'open', error: null })
    await loseTheLast() // too soon
    expect(connection.get().status).toBe('error')
    expect(connect).toHaveBeenCalledTimes(3)
  })

  it('end when everyone has left', async () => {
    const connect = vi.fn(() => Promise.reject(lost()))
    const { subscribe } = watched({ connect, retry: 10 })
    const leave = subscribe()
    await turns()
    leave()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(connect).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('end with the mistake when the options make no sense', async () => {
    const { connection, subscribe } = watched({ connect: () => Promise.reject(lost()), retry: 1, retryDelay: -1 })
    subscribe()
    await turns()
    expect(connection.get()).toMatchObject({ status: 'error', error: { code: 'INVALID_ARGUMENT' } })
  })
})

describe('connections by key', () => {
  const options = () => ({ connect: host().connect, protocol: Talk })

  it('are the same for equal keys', () => {
    const connections = new Connections()
    const camera = connections.get(['camera', { device: 0, mode: 'a' }], options())
    expect(connections.get(['camera', { mode: 'a', device: 0 }], options())).toBe(camera)
    expect(connections.get(['camera', { device: 1, mode: 'a' }], options())).not.toBe(camera)
    expect(new Connections().get(['camera', { device: 0, mode: 'a' }], options())).not.toBe(camera)
  })

  it('are told apart by value', () => {
    const keys = ['1', 1, null, [], [1], ['1'], {}, { a: 1 }, { a: [1] }, [[1]], true]
    expect(new Set(keys.map((key) => keyText(key))).size).toBe(keys.length)
  })
})
