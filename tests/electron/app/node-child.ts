// A plain Node process. It lives as long as the app's main process.
import { acts } from './sharing/acts.ts'
import { serve } from './sharing/calls.ts'
import { takeCarrier } from './sharing/carriers.ts'

process.once('disconnect', () => process.exit())
takeCarrier('node', process)
serve(acts, {
  post: (message) => process.send?.(message),
  listen: (handler) => process.on('message', handler),
})
