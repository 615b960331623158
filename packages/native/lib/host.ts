// For packages that bring shared memory to places where JavaScript's memory is not this package's to make: a page, whose
// preload has the addon. Applications use the entry `.`.
export { addonPath, useAddon } from './addon.ts'
export { createChannelOver, openChannelOver } from './channel-link.ts'
export type { Allocate } from './memory.ts'
export { openPluginOver } from './plugin.ts'
export { checkCapacity, libraryPath } from './plugin-options.ts'
export { thisProcess, watchProcess } from './processes.ts'
export { createSegment, openSegment, type Segment } from './segment.ts'
