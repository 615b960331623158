// How much of a module's memory belongs to the channel. The segment starts at address 0, as everywhere; the module's own data
// lies behind the largest one that it can have.

const HEADER_SIZE = 65536
const SMALLEST_RING = 4096
const LARGEST_RING = 1 << 30

export const SMALLEST_SEGMENT_BYTES = HEADER_SIZE + 2 * SMALLEST_RING
export const LARGEST_SEGMENT_BYTES = HEADER_SIZE + 2 * LARGEST_RING
export const DEFAULT_SEGMENT_BYTES = HEADER_SIZE + (32 << 20)
