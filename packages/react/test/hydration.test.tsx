import { Connections } from '@shared-channel/core'
import { until } from '@shared-channel/sample/testing'
import { act } from '@testing-library/react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Camera, cameraHost } from './helpers/camera.ts'
import { FIRST, Page, type PageProps } from './helpers/page.tsx'

/** A page that comes from a server, and is then brought to life. */
function hydrate(props: PageProps) {
  const container = document.createElement('div')
  document.body.append(container)
  container.innerHTML = renderToString(<Page connect={props.connect} />)
  expect(container.innerHTML).toContain(FIRST)
  const mismatch = vi.fn()
  const report = vi.spyOn(console, 'error')
  const root = hydrateRoot(container, <Page {...props} />, { onRecoverableError: mismatch })
  onTestFinished(() => act(() => root.unmount()))
  const status = () => container.querySelector('output')?.dataset.status
  return { container, mismatch, report, status }
}

it('takes over what the server has rendered, and opens then', async () => {
  const host = cameraHost()
  const { mismatch, report, status } = hydrate({ connect: host.connect })
  await until(() => status() === 'open')
  expect(host.connects).toBe(1)
  expect(mismatch).not.toHaveBeenCalled()
  expect(report).not.toHaveBeenCalled()
})

it('takes over a part late, when the channel is open already', async () => {
  const host = cameraHost()
  const connections = new Connections()
  const connection = connections.get(['camera', 1], { connect: host.connect, protocol: Camera })
  onTestFinished(connection.subscribe(() => {}))
  let resume = () => {}
  let wait: Promise<void> | undefined = new Promise((resolve) => {
    resume = resolve
  })
  const { container, mismatch, report, status } = hydrate({ connect: host.connect, connections, suspend: () => wait })
  await until(() => connection.get().status === 'open')
  expect(container.innerHTML).toContain(FIRST)

  wait = undefined
  resume()
  await until(() => status() === 'open')
  expect(host.connects).toBe(1)
  expect(mismatch).not.toHaveBeenCalled()
  expect(report).not.toHaveBeenCalled()
})
