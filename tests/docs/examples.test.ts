import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkComponents, isComponent } from './components.ts'
import { runDocumentApp, whyNoElectron } from './electron-app.ts'
import { type Example, readBlocks, readExamples } from './examples.ts'

const root = resolve(import.meta.dirname, '../..')
const documents = [
  join(root, 'README.md'),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
]
/** Code in these languages is an example, and every example is run; components are compiled. */
const CODE = ['js', 'ts', 'tsx', 'vue', 'svelte', 'c', 'cpp', 'cmake', 'html', 'json']
/** In CI, or where they are asked for (vitest.config.ts). */
const hasAllTests = process.env.SHARED_CHANNEL_ALL_TESTS === '1'
/** The README's plugin is built everywhere; the others of the documents take a minute and a half together. */
const isLong = (document: string, { files }: Example): boolean =>
  basename(document) !== 'README.md' && files.has('CMakeLists.txt')
if (!hasAllTests)
  console.error(
    'tests/docs: left out the plugins and programs of the documents: SHARED_CHANNEL_ALL_TESTS=1 builds them',
  )
const noElectron = whyNoElectron()
if (noElectron !== undefined) console.error(`tests/docs: left out the applications of Electron: ${noElectron}`)

for (const document of documents) {
  const blocks = readBlocks(document)
  const examples = readExamples(blocks)
  // The first way to build that a document shows is that of its examples which show none.
  const buildScript = examples.map(({ files }) => files.get('build.sh')).find((script) => script !== undefined)

  describe(basename(document), () => {
    it('has no code that nobody tries', () => {
      const untested = blocks.filter(({ language, file }) => CODE.includes(language) && file === undefined)
      expect(untested.map(({ line }) => `line ${line}`)).toEqual([])
    })

    const components = examples.filter(isComponent)
    if (components.length > 0) {
      it('has components that compile as they are written', () => {
        for (const example of components) writeOut(document, example)
        expect(checkComponents(folderOf(document), components)).toBe('')
      })
    }

    for (const example of examples) {
      if (isComponent(example) || (!hasAllTests && isLong(document, example))) continue
      const isApp = example.files.has('main.cjs')
      it.skipIf(isApp && noElectron !== undefined)(`runs as written: ${example.folder}`, async () => {
        const folder = writeOut(document, example)
        build(example, folder, buildScript)
        const output = example.files.get('output.txt')
        if (output === undefined) throw new Error('an example has no output.txt, with which its output is compared')
        if (isApp) expect(byWriter(await runDocumentApp(folder, output))).toBe(byWriter(output))
        else expect(run(process.execPath, ['main.mjs'], folder)).toBe(output)
      })
    }
  })
}

/** Each of an application's processes has an order of its own; which is first among them nobody knows. */
function byWriter(output: string): string {
  const writerOf = (line: string) => line.slice(0, line.indexOf(': ') + 1)
  const lines = output.split('\n')
  return lines.sort((a, b) => (writerOf(a) < writerOf(b) ? -1 : writerOf(a) > writerOf(b) ? 1 : 0)).join('\n')
}

/** As its own script says, or as the document has said before. */
function build({ files }: Example, folder: string, buildScript: string | undefined): void {
  const script = files.get('build.sh') ?? (files.has('CMakeLists.txt') ? buildScript : undefined)
  if (script !== undefined) run('sh', ['-e', '-c', script], folder)
  else if (files.has('CMakeLists.txt')) {
    throw new Error('an example has a CMakeLists.txt and no build.sh shows how to build it')
  }
}

/** Inside this package, so that the examples find the packages that they import. */
const folderOf = (document: string): string => join(import.meta.dirname, 'build', basename(document, '.md'))

function writeOut(document: string, example: Example): string {
  const folder = join(folderOf(document), example.folder)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of example.files) writeFileSync(join(folder, name), text)
  return folder
}

function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 })
}
