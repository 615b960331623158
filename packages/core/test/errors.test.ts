import { describe, expect, it, vi } from 'vitest'
import { SharedChannelError } from '../src/errors.ts'

describe('SharedChannelError', () => {
  it('is an error with a code, a message and a cause', () => {
    const cause = new Error('beneath')
    const error = new SharedChannelError('TIMEOUT', 'too late', { cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(SharedChannelError)
    expect([error.name, error.code, error.message, error.cause]).toEqual([
      'SharedChannelError',
      'TIMEOUT',
      'too late',
      cause,
    ])
    expect(String(error)).toBe('SharedChannelError: too late')
    expect(error.stack).toContain('errors.test.ts')
  })

  it('has no cause when none was given', () => {
    expect('cause' in new SharedChannelError('CLOSED', 'closed')).toBe(false)
  })

  it('is an instance of the class of any other copy of the package', async () => {
    vi.resetModules()
    const { SharedChannelError: Other } = await import('../src/errors.ts')
    expect(Other).not.toBe(SharedChannelError)
    expect(new Other('CLOSED', 'closed')).toBeInstanceOf(SharedChannelError)
    expect(new SharedChannelError('CLOSED', 'closed')).toBeInstanceOf(Other)
  })

  it.each([undefined, null, 'CLOSED', 5, {}, { code: 'CLOSED' }, new Error('plain')])('is not %s', (value) => {
    expect(value instanceof SharedChannelError).toBe(false)
  })
})
