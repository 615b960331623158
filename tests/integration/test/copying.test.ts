// Channels whose JavaScript cannot see the segment, at one end or at both. Run twice: mapped, and with
// SHARED_CHANNEL_MEMORY=copy (vitest.copying.config.ts).
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SharedChannel } from '@shared-channel/core'
import { capabilities, createChannel } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'
import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'
import { Data } from './helpers/protocols.ts'

const seccomp = readFileSync('/proc/self/status', 'utf8').includes('Seccomp:')

it('the segment lies over the memory that JavaScript sees, unless it is copied', async () => {
  const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('/memfd:shared-channel').length
  const before = mappings()
  const { link } = createChannel()
  expect(mappings() - before).toBe(capabilities().zeroCopy ? 2 : 1)
  await link.close()
  expect(mappings()).toBe(before)
})

it.runIf(seccomp)("where the system refuses to map shared memory over the engine's, all works by copying", async () => {
  const { stdout, stderr, code } = await runChild('copied-channels', [], {
    env: { LD_PRELOAD: pluginPath('refuse_mapping'), SHARED_CHANNEL_MEMORY: '' },
  })
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(JSON.parse(stdout)).toEqual({
    zeroCopy: false,
    memory: 'copy',
    reason: expect.stringContaining('refuses to map shared memory'),
    plugin: 1_061_001,
    channel: 1_061_001,
  })
})

describe.each(['copy', 'mapped'])('a channel to a process whose memory is: %s', (memory) => {
  const open = () => {
    const { link, handle } = createChannel({ capacity: 65_536 })
    const channel = new SharedChannel(link, Data)
    let process: ChildProcess | undefined
    const peer = runChild('echo-peer', [handle], {
      env: { SHARED_CHANNEL_MEMORY: memory },
      started: (child) => {
        process = child
      },
    })
    return { channel, peer, kill: () => process?.kill('SIGKILL') }
  }

  it('carries messages of all sizes both ways, fragments and full rings, and ends in good order', async () => {
    const { channel, peer } = open()
    const sent = createHash('sha256')
    const received = createHash('sha256')
    let messages = 0
    channel.on('data', (data) => {
      messages++
      received.update(data)
    })
    for (let i = 0; i < 3000; i++) {
      const data = new Uint8Array(i % 500 === 0 ? 300_000 : (i * 37) % 2000).fill(i)
      sent.update(data)
      if (!channel.send('data', data)) await channel.ready
    }
    while (messages < 3000) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    expect(await channel.close()).toEqual({ unconsumed: 0 })
    const { stdout, stderr } = await peer
    expect({ stdout: JSON.parse(stdout), stderr }).toEqual({ stdout: { unconsumed: 0 }, stderr: '' })
  })

  it('ends with PEER_LOST when that process is killed', async () => {
    const { channel, peer, kill } = open()
    await new Promise<void>((resolve) => {
      channel.on('data', () => resolve())
      channel.send('data', new Uint8Array(10))
    })
    kill()
    expect((await peer).signal).toBe('SIGKILL')
    expect((await channel.closed).reason?.code).toBe('PEER_LOST')
  })
})
