import { afterEach } from 'vitest'

// Not before: the test of Fast Refresh wants to be there when React is loaded.
afterEach(async () => (await import('@testing-library/react')).cleanup())
