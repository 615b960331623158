// What a server renders: nothing is connected, and no memory is touched.
import { turns } from '@shared-channel/sample/testing'
import type { Component } from 'svelte'
import { render } from 'svelte/server'
import { describe, expect, it, vi } from 'vitest'
import Async from '../components/Async.svelte'
import Boundary from '../components/Boundary.svelte'
import Buffer from '../components/Buffer.svelte'
import DeepKey from '../components/DeepKey.svelte'
import Derived from '../components/Derived.svelte'
import Getter from '../components/Getter.svelte'
import Legacy from '../components/Legacy.svelte'
import LegacyStore from '../components/LegacyStore.svelte'
import SharedByKey from '../components/SharedByKey.svelte'
import type { CameraProps } from '../helpers/camera.ts'

const connect = vi.fn(() => Promise.reject(new Error('there is no camera on a server')))

const COMPONENTS: [string, Component<CameraProps>][] = [
  ['a function of state', Getter],
  ['a derived store', Derived],
  ['a reactive statement', Legacy],
  ['a store of options', LegacyStore],
  ['state in the key', DeepKey],
  ['a boundary', Boundary],
  ['channels that are shared', SharedByKey],
  ['something to wait for', Async],
]

describe('a server', () => {
  it.each(COMPONENTS)('renders a component with %s as connecting, and does not connect', async (_, component) => {
    const { body } = await render(component, { props: { connect } })
    expect(body).toContain('connecting')
    await turns()
    expect(connect).not.toHaveBeenCalled()
  })

  it('renders a component that shows buffers as empty', () => {
    const receiver = { addEventListener: vi.fn(), removeEventListener: vi.fn(), releaseBuffer: vi.fn() }
    expect(render(Buffer, { props: { receiver } }).body).toContain('none')
    expect(receiver.addEventListener.mock.calls).toHaveLength(receiver.removeEventListener.mock.calls.length)
  })
})
