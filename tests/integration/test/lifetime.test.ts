import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'

describe('closing, failing, terminating and exiting in random order', () => {
  it.each([1, 2, 3, 4])('leaves no thread, mapping or descriptor behind: seed %i', async (seed) => {
    const { code, signal, stdout, stderr } = await runChild('lifetime', [`${seed}`, '250'])
    expect({ code, signal, stderr }, `seed ${seed}`).toEqual({ code: 0, signal: null, stderr: '' })
    const { counts, ...left } = JSON.parse(stdout)
    expect(left, `seed ${seed}`).toEqual({ threads: 0, mappings: 0, descriptors: 0 })
    for (const action of ['open', 'close', 'startWorker', 'terminate']) expect(counts[action]).toBeGreaterThan(2)
  })
})

describe('a worker that is terminated while it is in the addon', () => {
  it.each(['wake', 'exchange', 'refused exchange', 'hold and let go', 'open and close'])(
    'leaves nothing behind: %s',
    async (what) => {
      const { code, signal, stdout, stderr } = await runChild('terminate-in-addon', [what])
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      expect(JSON.parse(stdout)).toEqual({ threads: 0, descriptors: 0 })
    },
  )
})

describe('a plugin that does not return', () => {
  it.each(['message', 'shutdown'])('from %s is left behind, and JavaScript goes on', async (place) => {
    const { code, signal, stdout, stderr } = await runChild('stubborn', [place])
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    const [closed = '', after = ''] = stdout.split('\n')
    // The message that it stays in was never given back.
    const lost = { unconsumed: 1, reason: { code: 'TIMEOUT', name: 'SharedChannelError' } }
    expect(JSON.parse(closed)).toEqual({
      end: place === 'message' ? lost : { unconsumed: 0 },
      time: expect.any(Number),
      left: ['PLUGIN_ERROR'],
      state: 'closed',
    })
    expect(JSON.parse(closed).time).toBeGreaterThan(100)
    expect(JSON.parse(after)).toEqual({ threads: 1 })
  })

  it('from initialize is given up by a signal', async () => {
    const { code, signal, stdout, stderr } = await runChild('stubborn', ['initialize', 'signal'])
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(stderr).toMatch(/stubborn\S* did not return within 100 ms/)
    const [reason = '', after = ''] = stdout.split('\n')
    expect(reason).toBe('TimeoutError')
    expect(JSON.parse(after)).toEqual({ threads: 1 })
  })

  it('is told of on the console when there is no channel', async () => {
    const { code, signal, stdout, stderr } = await runChild('stubborn', ['shutdown', 'no channel'])
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(stderr).toMatch(/SharedChannelError: The plugin "stubborn" did not return within 100 ms/)
    expect(stderr).toContain("code: 'PLUGIN_ERROR'")
    expect(JSON.parse(stdout)).toEqual({ threads: 1 })
  })

  it('is left behind when its worker is terminated, which says so', async () => {
    const { code, signal, stdout, stderr } = await runChild('stubborn', ['message', 'worker'])
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(stderr).toMatch(/^shared-channel: PLUGIN_ERROR: a plugin did not return within 100 ms [^\n]+\n$/)
    expect(JSON.parse(stdout)).toEqual({ threads: 1 })
  })
})
