// @vitest-environment node

import { turns } from '@shared-channel/sample/testing'
import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import { FIRST, Page } from './helpers/page.tsx'

it('is rendered as connecting, with no memory and no connection', async () => {
  expect(typeof document).toBe('undefined')
  for (const name of ['SharedArrayBuffer', 'Atomics', 'WebAssembly']) vi.stubGlobal(name, undefined)
  const connect = vi.fn()
  const report = vi.spyOn(console, 'error')
  expect(renderToString(<Page connect={connect} />)).toContain(FIRST)
  await turns()
  expect(connect).not.toHaveBeenCalled()
  expect(report).not.toHaveBeenCalled()
})
