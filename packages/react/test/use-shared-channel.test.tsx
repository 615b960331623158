import { render, renderHook, screen, waitFor } from '@testing-library/react'
import { version } from 'react'
import { expect, it } from 'vitest'
import { useSharedChannel } from '../src/index.ts'
import { Camera, cameraHost } from './helpers/camera.ts'

it('opens', async () => {
  const host = cameraHost()
  console.log(version)
  const hook = renderHook(() => useSharedChannel({ key: 'a', connect: host.connect, protocol: Camera }))
  expect(hook.result.current.status).toBe('connecting')
  await waitFor(() => expect(hook.result.current.status).toBe('open'))
  hook.unmount()
  await waitFor(() => expect(host.openLinks).toBe(0))
})
