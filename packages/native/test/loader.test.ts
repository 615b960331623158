import { afterEach, describe, expect, it, vi } from 'vitest'

const refuseToLoad = vi.hoisted(() => ({ because: '' }))
vi.mock('node:module', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:module')>()),
  createRequire: () => () => {
    throw new Error(refuseToLoad.because)
  },
}))

afterEach(() => {
  vi.unstubAllGlobals()
})

async function failureOn(platform: string, because: string): Promise<unknown> {
  refuseToLoad.because = because
  vi.stubGlobal('process', { ...process, platform, arch: 'x64' })
  const { loadAddon } = await import('../lib/addon.ts')
  try {
    return loadAddon()
  } catch (error) {
    return error
  }
}

describe('an addon that cannot be loaded', () => {
  it('says what was tried and how to build it', async () => {
    const failure = await failureOn('linux', 'cannot open shared object file\nRequire stack:\n- here')
    expect(failure).toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(
        /linux x64: cannot open shared object file\. Build it with .*C\+\+20 compiler and CMake/,
      ),
      cause: expect.any(Error),
    })
    expect(String(failure)).not.toContain('Require stack')
  })

  it('says so where there is none yet', async () => {
    expect(await failureOn('darwin', 'no such file')).toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/darwin x64: no such file\. It runs on Linux so far\.$/),
    })
  })
})
