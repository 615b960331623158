import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { KINDS } from '../page.ts'
import { LENGTH, useStage, withChromium } from '../stage.ts'

const OTHER_PAGE = LENGTH / 2

withChromium('a segment that a page may only read', () => {
  const stage = useStage()

  it.each(KINDS)('copy-on-write: keeps what the script writes to the script: %s', async (kind) => {
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    await stage.map(page, kind, owner, 'copy-on-write')
    expect(await page.call('read', 0)).toBe(1)

    await page.call('write', 1, 2)
    expect(await page.call('read', 1)).toBe(2)
    expect(await owner.read(1)).toBe(0)

    await owner.write(0, 3)
    await owner.write(OTHER_PAGE, 4)
    expect(await page.call('read', 0)).toBe(1) // the page that was written follows the owner no more
    expect(await page.call('read', OTHER_PAGE)).toBe(4)
  })

  it.each(KINDS)('read-only: ends the renderer that writes, and nobody else: %s', async (kind) => {
    const bystander = await stage.openPage()
    const page = await stage.openPage()
    const owner = await stage.startOwner()
    await owner.write(0, 1)
    const { pid } = await stage.map(bystander, kind, owner)
    expect((await stage.map(page, kind, owner, 'read-only')).pid).not.toBe(pid)
    expect(await page.call('read', 0)).toBe(1)
    await owner.write(0, 2)
    expect(await page.call('read', 0)).toBe(2)

    const crash = page.crash()
    const survived = page.call('write', 0, 3)
    survived.catch(() => {}) // a page that has gone gives no answer
    expect(await Promise.race([crash, survived])).toMatchObject({
      status: 'crashed',
      errorCode: constants.signals.SIGSEGV,
    })
    expect(await owner.read(0)).toBe(2)
    await owner.write(0, 4)
    expect(await bystander.call('read', 0)).toBe(4)
  })
})
