import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const NATIVE = '@shared-channel/native/package.json'

/** The folder of @shared-channel/native: the project's own copy, else ours. */
export function nativePackage(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return dirname(createRequire(from).resolve(NATIVE))
    } catch {
      // the next
    }
  }
  throw new Error(`${NATIVE} is missing, though it is a dependency: install again.`)
}
