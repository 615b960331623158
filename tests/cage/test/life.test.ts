import { expect, it } from 'vitest'
import { KINDS, type Kind, type Page } from '../page.ts'
import { mappedSegments } from '../renderers.ts'
import { LENGTH, useStage, withChromium } from '../stage.ts'

const DETACHABLE: Kind[] = ['memory', 'resizable']
const SHARED: Kind[] = ['shared memory', 'growable']
const ZEROES = [0, 0, 0]

withChromium('the life of memory that a segment is mapped over', () => {
  const stage = useStage()

  it.each(DETACHABLE)('is released: private zeroes, then no view at all, and room for the next: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    const mapping = await stage.map(page, kind, owner)
    expect(mappedSegments(mapping.pid)).toMatchObject([rangeOf(mapping)])

    await mapping.restore()
    expect(mappedSegments(mapping.pid)).toEqual([])
    expect(await bytesOf(page)).toEqual(ZEROES)
    await page.call('write', 0, 2)
    expect(await owner.read(0)).toBe(1)

    expect(await page.call('release')).toEqual({ length: 0, newView: expect.stringMatching(/^TypeError: .*detached/) })
    expect(await page.call('read', 0)).toBeUndefined()
    await page.call('write', 0, 3)
    await page.collectGarbage()
    await expectMapped(page, kind)
  })

  it.each(SHARED)('is released: private zeroes that page and worker share: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    const mapping = await stage.map(page, kind, owner)
    await page.call('postToWorker')

    await mapping.restore()
    expect(mappedSegments(mapping.pid)).toEqual([])
    expect(await bytesOf(page)).toEqual(ZEROES)
    await page.call('write', 0, 2)
    expect(await page.call('workerRead', 0)).toBe(2)
    expect(await owner.read(0)).toBe(1)
    await expectMapped(page, kind)
  })

  it.each(KINDS)('is left to the garbage collection while it is mapped: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    const { pid } = await stage.map(page, kind, owner)
    if (kind !== 'memory') await page.call('postToWorker')
    await page.call('forget') // ends the worker too
    await expectUnmapped(page, pid)
    expect(await owner.read(0)).toBe(1)
    await expectMapped(page, kind)
  })

  it.each(KINDS)('is mapped when the page is reloaded: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    const { pid } = await stage.map(page, kind, owner)
    await page.reload()
    await expectUnmapped(page, pid)
    expect(await owner.read(0)).toBe(1)
    expect(await expectMapped(page, kind)).toBe(pid)
  })

  async function bytesOf(page: Page): Promise<(number | undefined)[]> {
    return Promise.all([0, LENGTH / 2, LENGTH - 1].map((offset) => page.call('read', offset)))
  }

  function rangeOf({ address, length }: { address: bigint; length: number }) {
    return { begin: address, end: address + BigInt(length) }
  }

  async function expectUnmapped(page: Page, pid: number): Promise<void> {
    await expect
      .poll(async () => {
        await page.collectGarbage()
        return mappedSegments(pid)
      })
      .toEqual([])
  }

  /** The page lives on: the next segment is shared as the first was. Returns the page's process. */
  async function expectMapped(page: Page, kind: Kind): Promise<number> {
    const owner = await stage.startOwner()
    const { pid } = await stage.map(page, kind, owner)
    await owner.write(LENGTH - 1, 5)
    expect(await page.call('read', LENGTH - 1)).toBe(5)
    await page.call('write', 0, 6)
    expect(await owner.read(0)).toBe(6)
    return pid
  }
})
