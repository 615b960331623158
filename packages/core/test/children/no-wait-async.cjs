// Loaded first, in a process and its threads: an engine without Atomics.waitAsync.
delete Atomics.waitAsync
