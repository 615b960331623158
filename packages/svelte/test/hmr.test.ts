// A component is edited while its page runs: as Vite's plugin has it, by what Svelte gives it for that.
import { turns, until } from '@shared-channel/sample/testing'
import { render, screen } from '@testing-library/svelte'
import type { Component } from 'svelte'
import { HMR, hmr } from 'svelte/internal/client'
import { expect, it } from 'vitest'
import Derived from './components/Derived.svelte'
import Getter from './components/Getter.svelte'
import { type CameraProps, cameraHost } from './helpers/camera.ts'

/** A component that can be replaced. */
type Replaceable = Component<CameraProps> & { [HMR]: { update(next: Replaceable): void } }
const replaceable = (component: Component<CameraProps>): Replaceable => hmr(component) as Replaceable

it('a component that is replaced lets go of its channel; the one in its place opens its own', async () => {
  const cameras = cameraHost()
  const levels: number[] = []
  const first = replaceable(Getter)
  const versions = [first, replaceable(Derived), replaceable(Getter)]
  const { unmount } = render(first, { connect: cameras.connect, onlevel: (level) => levels.push(level) })
  for (const [round, version] of versions.entries()) {
    if (round > 0) first[HMR].update(version)
    await until(() => cameras.peers.length === round + 1 && cameras.openLinks === 1)
    await until(() => screen.getByTestId('status').textContent === 'open')
    cameras.peer.send('level', round)
    await until(() => levels.length === round + 1)
  }
  expect(levels).toEqual([0, 1, 2])
  unmount()
  await until(() => cameras.openLinks === 0)
  await turns()
  expect(cameras.peers).toHaveLength(3)
})
