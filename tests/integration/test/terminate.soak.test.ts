// lifetime.test.ts and memory-faults.test.ts terminate workers at chosen places; this one does anywhere.
import { expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'
import { soakSeconds } from './helpers/soak.ts'

const WORKERS = Math.max(40, 20 * soakSeconds)

it(`workers that are terminated at ${WORKERS} random moments leave no thread, mapping or descriptor behind`, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const args = [`${seed}`, `${WORKERS}`]
  const { code, signal, stdout, stderr } = await runChild('terminate-anywhere', args, { timeout: 120_000 })
  expect({ code, signal }, stderr).toEqual({ code: 0, signal: null })
  // Nothing but the number of each: no plugin was left behind, which would be said here.
  expect(stderr.replace(/^worker \d+ of seed \d+\n/gm, ''), `seed ${seed}`).toBe('')
  const { inTheMiddle, ...left } = JSON.parse(stdout)
  expect(left, `seed ${seed}`).toEqual({ threads: 0, mappings: 0, descriptors: 0 })
  expect(inTheMiddle).toBeGreaterThan(WORKERS / 2)
}, 130_000)
