// shared-buffers.test.ts has the limits of a process; this one takes all the memory of the machine, so it is not for every run.
import { expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'

const GIB = 2 ** 30

it.runIf(process.env.SHARED_CHANNEL_SOAK_SECONDS)(
  'buffers are made until the machine has no more, then there is an error, and room again after close',
  async () => {
    const { code, signal, stdout, stderr } = await runChild('no-room', [`${GIB}`], { timeout: 120_000 })
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      code: 'OUT_OF_MEMORY',
      most: expect.any(Number),
      ...{ threads: 0, mappings: 0, descriptors: 0 },
    })
  },
  130_000,
)
