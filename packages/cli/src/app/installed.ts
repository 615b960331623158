import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The folder of a package as code in `folder` finds it. Not by `require.resolve`, which heeds NODE_PATH: the commands that
 * pnpm installs set it, and lead to packages that the application does not have.
 */
export function findInstalled(folder: string, name: string): string | undefined {
  const found = join(folder, 'node_modules', name)
  if (existsSync(join(found, 'package.json'))) return found
  const parent = dirname(folder)
  return parent === folder ? undefined : findInstalled(parent, name)
}
