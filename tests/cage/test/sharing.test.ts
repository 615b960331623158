import { describe, expect, it } from 'vitest'
import { KINDS, type Kind, type Page } from '../page.ts'
import { mappedSegments } from '../renderers.ts'
import type { SegmentOwner } from '../segment-owner.ts'
import { LENGTH, useStage, withChromium } from '../stage.ts'

const PLACES = [0, 1, 4096, LENGTH / 2 - 1, LENGTH - 1]
const SHARED: Kind[] = ['shared memory', 'growable']

withChromium('a segment of another process under the memory of a page', () => {
  const stage = useStage()

  describe.each([true, false])('with COOP and COEP: %s', (isolated) => {
    it.each(KINDS)('shows both what the other writes, at once: %s', async (kind) => {
      const page = await stage.openPage({ isolated })
      expect(await page.call('isolated')).toBe(isolated)
      const owner = await stage.startOwner()
      await owner.write(2, 200)
      const { length } = await stage.map(page, kind, owner)
      expect(length).toBe(LENGTH)
      expect(await page.call('read', 2)).toBe(200)
      await expectShared(owner, inPage(page))
    })

    it('stays under the memory of a resizable buffer that is transferred as postMessage does', async () => {
      const page = await stage.openPage({ isolated })
      const owner = await stage.startOwner()
      await stage.map(page, 'resizable', owner)
      await expectShared(owner, inPage(page))
      expect(await page.call('transfer', 'clone')).toBe(true)
      await expectShared(owner, inPage(page))
    })

    it('is let go, for a private copy, by the transfer() of a resizable buffer', async () => {
      const page = await stage.openPage({ isolated })
      const owner = await stage.startOwner()
      await owner.write(0, 1)
      const { pid } = await stage.map(page, 'resizable', owner)
      expect(await page.call('transfer', 'method')).toBe(true)
      expect(mappedSegments(pid)).toEqual([])
      await owner.write(0, 2)
      expect(await page.call('read', 0)).toBe(1)
      await page.call('write', 0, 3)
      expect(await owner.read(0)).toBe(2)
    })

    it('follows a resizable buffer into a worker', async () => {
      const page = await stage.openPage({ isolated })
      const owner = await stage.startOwner()
      await stage.map(page, 'resizable', owner)
      expect(await page.call('postToWorker')).toBe(LENGTH)
      expect(await page.call('read', 0)).toBeUndefined()
      await expectShared(owner, inWorker(page))
    })
  })

  it.each(SHARED)('is seen by page and worker, to which the buffer was posted: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await stage.map(page, kind, owner)
    expect(await page.call('postToWorker')).toBe(LENGTH)
    await expectShared(owner, inPage(page))
    await expectShared(owner, inWorker(page))
  })

  it('is mapped nowhere when no page has marked memory for it', async () => {
    await stage.openPage()
    const owner = await stage.startOwner()
    const mapping = stage.browser.renderers.map('0123456789abcdef'.repeat(2), LENGTH, owner.handle)
    await expect(mapping).rejects.toThrow(/^\d+ renderers: the marked memory is in none of them$/)
  })
})

interface Side {
  read(offset: number): Promise<number | undefined>
  write(offset: number, value: number): Promise<unknown>
}

const inPage = (page: Page): Side => ({
  read: (offset) => page.call('read', offset),
  write: (offset, value) => page.call('write', offset, value),
})

const inWorker = (page: Page): Side => ({
  read: (offset) => page.call('workerRead', offset),
  write: (offset, value) => page.call('workerWrite', offset, value),
})

/** Each reads what the other has just written there. */
async function expectShared(owner: SegmentOwner, side: Side): Promise<void> {
  for (const place of PLACES) {
    const before = await owner.read(place)
    const [first, second] = [(before + 1) & 255, (before + 2) & 255]
    await owner.write(place, first)
    expect(await side.read(place)).toBe(first)
    await side.write(place, second)
    expect(await owner.read(place)).toBe(second)
  }
}
