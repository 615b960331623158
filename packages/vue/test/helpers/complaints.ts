import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest'

/** Every test of the file fails when Vue, or anybody, complains on the console: of a mismatch, a leak, a wrong call. */
export function expectNoComplaints(): void {
  let complaints: MockInstance[] = []
  beforeEach(() => {
    complaints = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
  })
  afterEach(() => {
    for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled()
  })
}
