// For packages that bring shared memory to other places: a page, whose memory is not this package's to make, and whose preload
// has the addon; and a process whose plugins are for others. Applications use the entry `.`.
export { addonPath, useAddon } from './addon.ts'
export { createChannelOver, openChannelOver } from './channel-link.ts'
export type { Allocate } from './memory.ts'
export { openPluginOver } from './plugin.ts'
export { checkCapacity, libraryPath } from './plugin-options.ts'
export { thisProcess, watchProcess } from './processes.ts'
export { createSegment, openSegment, type Segment } from './segment.ts'
export { type ServedPlugin, type ServePluginOptions, servePlugin } from './served-plugin.ts'
export { eventLoopRuns, shareEventLoop } from './shared-event-loop.ts'
