// Empty Vite projects that install the packages as users do, and nothing else of the repository: projects/* as far as they are
// written, and the package.json that is made here.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { pnpm, readManifest, run } from '../pnpm.ts'

const FRAMEWORKS = [
  { framework: 'react', check: ['tsc'] },
  { framework: 'vue', check: ['vue-tsc'] },
  { framework: 'svelte', check: ['svelte-check', '--fail-on-warnings'] },
] as const

const PROJECTS = join(import.meta.dirname, '../projects')

const tarballs = Object.fromEntries(inject('tarballs').map(({ name, filename }) => [name, `file:${filename}`]))
const folder = mkdtempSync(join(tmpdir(), 'shared-channel-projects-'))

afterAll(() => rmSync(folder, { recursive: true }))

/** With the versions that the sample application has. */
function makeManifest(framework: string) {
  const { dependencies, devDependencies } = readManifest(`apps/${framework}`)
  const { typescript } = readManifest('.').devDependencies ?? {}
  const names = ['core', 'browser', framework].map((name) => `@shared-channel/${name}`)
  return {
    name: `project-${framework}`,
    private: true,
    type: 'module',
    dependencies: { ...published(dependencies), ...Object.fromEntries(names.map((name) => [name, tarballs[name]])) },
    devDependencies: { ...published(devDependencies), typescript },
  }
}

/** What comes from elsewhere. */
const published = (dependencies: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(dependencies).filter(([, version]) => !version.startsWith('workspace:')))

beforeAll(async () => {
  cpSync(PROJECTS, folder, { recursive: true })
  for (const { framework } of FRAMEWORKS) {
    writeFileSync(join(folder, framework, 'package.json'), JSON.stringify(makeManifest(framework)))
  }
  const settings = {
    packages: FRAMEWORKS.map(({ framework }) => framework),
    // No registry has them.
    overrides: tarballs,
    allowBuilds: { esbuild: false },
    pmOnFail: 'ignore',
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings)) // JSON is YAML
  await pnpm(folder, 'install', '--prefer-offline', '--no-frozen-lockfile')
})

describe.each(FRAMEWORKS)('an empty project of $framework', ({ framework, check }) => {
  const project = join(folder, framework)
  const program = (name: string, ...args: readonly string[]) =>
    run(project, join(project, 'node_modules/.bin', name), ...args)

  it('type-checks', async () => {
    const [checker, ...args] = check
    await program(checker, ...args)
  })

  it('is built by Vite', async () => {
    expect(await program('vite', 'build')).toContain('built in')
  })
})
