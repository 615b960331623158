import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** As a new process with this environment would answer. */
async function capabilitiesWith(environment: Record<string, string>) {
  vi.resetModules()
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  return (await import('../lib/capabilities.ts')).capabilities
}

describe('capabilities', () => {
  it('maps segments over memory of the engine, and has nothing to add', async () => {
    const capabilities = await capabilitiesWith({})
    expect(capabilities()).toEqual({ zeroCopy: true, memory: 'mapped', nativeInProcess: true })
    expect(capabilities()).toBe(capabilities())
  })

  it.each(['mapped', 'transferable', 'shared', 'copy'] as const)('is told to use %s', async (memory) => {
    const capabilities = await capabilitiesWith({ SHARED_CHANNEL_MEMORY: memory })
    expect(capabilities()).toEqual({
      zeroCopy: memory !== 'copy',
      memory,
      nativeInProcess: true,
      reason: expect.stringContaining('SHARED_CHANNEL_MEMORY'),
    })
  })

  it.each(['aliased', 'Copy', ' ', 'nothing'])(
    'refuses to be told %j, each time, and says what is known',
    async (memory) => {
      const capabilities = await capabilitiesWith({ SHARED_CHANNEL_MEMORY: memory })
      for (let i = 0; i < 2; i++) {
        expect(capabilities).toThrow(
          expect.objectContaining({
            code: 'INVALID_ARGUMENT',
            message: expect.stringContaining('mapped, transferable, shared, copy'),
          }),
        )
      }
    },
  )

  it('says what others need to open memory that is found by name', async () => {
    const capabilities = await capabilitiesWith({ SHARED_CHANNEL_SEGMENTS: 'named' })
    expect(capabilities()).toEqual({
      zeroCopy: true,
      memory: 'mapped',
      nativeInProcess: true,
      reason: expect.stringContaining('trusted: true'),
    })
  })
})
