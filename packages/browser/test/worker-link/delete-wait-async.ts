// Before anything else is evaluated.
delete (Atomics as { waitAsync?: unknown }).waitAsync
