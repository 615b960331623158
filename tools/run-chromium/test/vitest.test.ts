import { expect, it, vi } from 'vitest'
import { LeftOut } from '../src/find-chromium.ts'
import { testInChromium } from '../src/vitest.ts'

const NOWHERE = { PATH: '/nowhere' }
const TESTS = { name: 'some-browser', include: ['test/browser/*.test.ts'] }

it('leaves the tests of a project out where there is no Chromium, and says in one line how to get it', () => {
  const error = vi.spyOn(console, 'error').mockReturnValue()
  expect(testInChromium(TESTS, NOWHERE)).toMatchObject({ name: 'some-browser', include: [] })
  expect(error.mock.calls).toEqual([[expect.stringMatching(/^some-browser left out: .*apt-get install chromium$/)]])
})

it('leaves out nothing in CI', () => {
  expect(() => testInChromium(TESTS, { ...NOWHERE, CI: 'true' })).toThrow(LeftOut)
})
