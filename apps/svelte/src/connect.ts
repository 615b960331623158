import type { connect } from '@shared-channel/sample'

/** How to reach the plugin: `connect` of @shared-channel/sample, or what a test has in its place. */
export type Connect = typeof connect
