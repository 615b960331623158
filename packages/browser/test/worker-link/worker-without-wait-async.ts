// The same in an engine without Atomics.waitAsync.
import './delete-wait-async.ts'
import './worker.ts'
