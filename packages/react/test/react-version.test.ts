import { version } from 'react'
import { version as versionOfPage } from 'react-dom'
import { version as versionOfServer } from 'react-dom/server'
import { expect, it } from 'vitest'

it('is the React that this project is for', () => {
  const expected = process.env.REACT ?? expect.stringMatching(/^19\./)
  expect([version, versionOfPage, versionOfServer]).toEqual([expected, expected, expected])
})
