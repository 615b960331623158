// The other side rewrites messages while they are decoded. docs/design-notes.md says who may look at shared memory.
import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'
import { soakSeconds } from './helpers/soak.ts'

/** Below and above what codecs decode in memory that is used again (64 KiB). */
const RECORDS = [128, 8192, 131_072]

describe('a peer that rewrites what it has sent', () => {
  it.each(RECORDS)(
    'harms no codec: records of %d bytes',
    async (record) => {
      const seconds = soakSeconds / RECORDS.length
      const timeout = Math.ceil(seconds * 1000) + 20_000
      const { code, signal, stdout, stderr } = await runChild('rewriter', [`${seconds}`, `${record}`], { timeout })
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      const { receivedMessages, decoded, rewritten, errors, reason } = JSON.parse(stdout)
      console.info(
        `records of ${record} bytes: ${receivedMessages} messages, ${rewritten} of the copies were rewritten`,
      )
      expect(reason).toBeUndefined()
      expect(rewritten, 'nothing was rewritten in time').toBeGreaterThan(0)
      // JSON that was cut to pieces is told of, and everything else is decoded whatever it has become.
      expect(errors).toEqual({ SyntaxError: expect.any(Number) })
      const good = Object.values(decoded as Record<string, number>).reduce((sum, count) => sum + count, 0)
      expect(good + errors.SyntaxError).toBe(receivedMessages)
      for (const [name, count] of Object.entries(decoded)) {
        if (name !== 'json' && name !== 'customScratch') expect(count, name).toBeGreaterThan(receivedMessages / 9 - 9)
      }
    },
    soakSeconds * 1000 + 30_000,
  )
})
