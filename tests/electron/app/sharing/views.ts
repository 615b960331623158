// What a preload may do to a buffer of the main process, by how it has opened it.
import { holdingsOf } from '../own-process.ts'
import { type Member, mainMember, openWindow } from './members.ts'
import type { ViewsResult } from './results.ts'

const SIZE = 1 << 20
/** Bytes in two different pages of memory. */
const OFFSETS = [0, SIZE / 2] as const

export async function views(): Promise<ViewsResult> {
  const main = mainMember()
  const preload = await openWindow('a')
  const handle = await main.call('createBuffer', 'buffer', SIZE)
  await write(main, [1, 2])

  await preload.call('openBuffer', 'buffer', handle, { access: 'read-only' })
  await preload.call('setByte', 'buffer', OFFSETS[0], 9)
  const written = { preload: await read(preload), main: await read(main) }
  await write(main, [3, 4])
  const followed = await read(preload)

  const held = holdingsOf(preload.pid)
  const length = await preload.call('closeBuffer', 'buffer')
  const released = { length, held, left: holdingsOf(preload.pid) }
  return { written, followed, released, kept: await read(main) }
}

async function write({ call }: Member, values: readonly number[]): Promise<void> {
  for (const [index, value] of values.entries()) await call('setByte', 'buffer', OFFSETS[index] ?? 0, value)
}

function read({ call }: Member): Promise<number[]> {
  return Promise.all(OFFSETS.map(async (offset) => (await call('getByte', 'buffer', offset)) ?? -1))
}
