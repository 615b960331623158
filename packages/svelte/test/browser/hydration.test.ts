// A page that a server has rendered comes to life.
import { countWorkers, waitForWorkers } from '@shared-channel/run-chromium/page'
import { hydrate, unmount } from 'svelte'
import { expect, it, vi } from 'vitest'
import { commands } from 'vitest/browser'
import Instrument from './Instrument.svelte'
import { STREAMED } from './order.ts'

it('connects in the page, and keeps what the server has sent', async () => {
  const warn = vi.spyOn(console, 'warn')
  document.body.innerHTML = await commands.renderOnServer(new URL('Instrument.svelte', import.meta.url).pathname)
  const output = document.querySelector('output')
  expect(output?.dataset.status).toBe('connecting')
  expect(await countWorkers()).toBe(0)

  const component = hydrate(Instrument, { target: document.body })
  await expect.poll(() => output?.textContent?.trim(), { timeout: 60_000 }).toBe(STREAMED)
  expect(document.querySelector('output')).toBe(output)
  expect(output?.dataset.status).toBe('open')
  expect(warn).not.toHaveBeenCalled()

  await unmount(component)
  await waitForWorkers(0)
})
