import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSource } from '../src/source-file.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()

describe('opening the file', () => {
  it('tells its size, also of an empty one', async () => {
    for (const size of [0, 1234]) {
      const file = await openSource(folder.write(`${size}.bin`, new Uint8Array(size)))
      expect(file.size).toBe(size)
      await file.handle.close()
    }
  })

  it('says so when there is none', async () => {
    await expect(openSource(join(folder.path, 'missing'))).rejects.toThrow(`There is no file ${folder.path}/missing.`)
    await expect(openSource(join(folder.write('file', 'x'), 'below'))).rejects.toThrow('There is no file')
  })

  it('says so when it is a directory', async () => {
    await expect(openSource(folder.path)).rejects.toThrow('is a directory')
  })

  it('does not wait for a named pipe', async () => {
    const pipe = join(folder.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    await expect(openSource(pipe)).rejects.toThrow('no regular file')
  })

  it('says so when it may not be read', async () => {
    const path = folder.write('secret', 'x')
    chmodSync(path, 0)
    const asRoot = process.geteuid?.() === 0
    if (asRoot) process.seteuid?.(65534) // root may read everything
    try {
      await expect(openSource(path)).rejects.toThrow('may not be read (EACCES)')
    } finally {
      if (asRoot) process.seteuid?.(0)
    }
  })
})
