// The plugins of the tests, as createBroker gets them.
import { dirname } from 'node:path'
import type { PluginHome } from '@shared-channel/electron/main'
import { pluginPath } from '@shared-channel/test-plugins'
import type { BrokerSettings } from '../app/main.ts'

const CAMERA = pluginPath('electron_stream')

/** The plugin `camera`, which understands what app/protocol.ts says. */
export function cameraIn(isolation: PluginHome) {
  return { plugins: { camera: { path: CAMERA, isolation } }, folders: [dirname(CAMERA)] } satisfies BrokerSettings
}
