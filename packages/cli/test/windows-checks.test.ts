import { describe, expect, it } from 'vitest'
import { appOf, findingsOf, outlineOf } from './helpers/app-of.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
const outline = (check: string, main: string, others: Record<string, string> = {}) =>
  outlineOf(check, appOf(folder, { 'main.js': main, ...others }))
const window = (settings: string) => `\nnew BrowserWindow({ webPreferences: { ${settings} } })`

describe('sandbox', () => {
  it('tells that windows copy by default', async () => {
    expect(await outline('sandbox', window('preload'))).toEqual(['note main.js:2'])
    expect(await outline('sandbox', 'new BrowserWindow()')).toEqual(['note main.js:1'])
  })

  it('tells which windows have no sandbox, and which have', async () => {
    expect(await outline('sandbox', window('sandbox: false') + window('sandbox: true'))).toEqual([
      'note main.js:2',
      'note main.js:3',
    ])
    const [withNode] = await findingsOf('sandbox', appOf(folder, { 'main.js': window('nodeIntegration: true') }))
    expect(withNode).toMatchObject({ what: expect.stringContaining('Windows without a sandbox'), where: ['main.js:2'] })
  })

  it('finds windows whose sandbox: false is overruled', async () => {
    expect(await outline('sandbox', `app.enableSandbox()${window('sandbox: false')}`)).toEqual([
      'problem main.js:1 main.js:2',
    ])
  })

  it('decides nothing that the source does not tell', async () => {
    expect(await outline('sandbox', window('sandbox: isSafe'))).toEqual(['ok'])
    expect(await outline('sandbox', window('...common'))).toEqual(['ok'])
    expect(await outline('sandbox', '// new BrowserWindow()')).toEqual([])
  })
})

describe('isolation', () => {
  it.each(['', 'sandbox: false', 'contextIsolation: true, nodeIntegration: false'])(
    'is well with { %s }',
    async (it) => {
      expect(await outline('isolation', window(it))).toEqual(['ok'])
    },
  )

  it.each([
    ['nodeIntegration: true, contextIsolation: false', 'problem main.js:2', 'Pages have Node'],
    ['contextIsolation: false', 'problem main.js:2', 'Pages share their world'],
    ['nodeIntegration: true, contextIsolation: false, sandbox: true', 'problem main.js:2', 'Pages share their world'],
    ['nodeIntegration: !0', 'note main.js:2', 'nothing'],
  ])('finds { %s }', async (settings, expected, what) => {
    const findings = await findingsOf('isolation', appOf(folder, { 'main.js': window(settings) }))
    expect(findings.map(({ level, where = [] }) => [level, ...where].join(' '))).toEqual([expected])
    expect(findings[0]?.what).toContain(what)
  })

  it('claims nothing about what is decided later', async () => {
    for (const settings of ['...common', 'nodeIntegration: isOld', '...common, nodeIntegration: true']) {
      const [finding] = await findingsOf('isolation', appOf(folder, { 'main.js': window(settings) }))
      expect([settings, finding?.level, finding?.what.includes('decided')]).toEqual([settings, 'ok', true])
    }
  })
})

describe('frames', () => {
  const page = { 'page.html': '<p>\n<iframe src=x></iframe><!-- <iframe> -->' }

  it('finds iframes without a preload', async () => {
    expect(await outline('frames', window('sandbox: false'), page)).toEqual(['note page.html:2'])
    expect(await outline('frames', `${window('')}\ndocument.createElement('iframe')`)).toEqual(['note main.js:3'])
    expect(await outline('frames', `${window('')}\njsx("iframe", {})`)).toEqual(['note main.js:3'])
    expect(await outline('frames', `${window('')}\nf(<iframe />)`)).toEqual(['note main.js:3'])
  })

  it('tells where preloads run in iframes', async () => {
    expect(await outline('frames', window('nodeIntegrationInSubFrames: true'), page)).toEqual(['note main.js:2'])
  })

  it('has nothing to say without iframes, or when settings come from elsewhere', async () => {
    expect(await outline('frames', `${window('')}\nswitch (tag) { case 'iframe': }`)).toEqual([])
    expect(await outline('frames', window('...common'), page)).toEqual([])
    expect(await outline('frames', window(''), { 'page.html': '<!-- <iframe> -->' })).toEqual([])
  })
})

describe('origins', () => {
  it.each(["win.loadFile('a.html')", "win.loadURL('file:///a.html')", 'win.loadURL(`file://$' + '{dir}/a.html`)'])(
    'finds pages from files: %s',
    async (text) => expect(await outline('origins', text)).toEqual(['note main.js:1']),
  )

  it.each(["win.loadURL('app://a/b.html')", "win.loadURL(url) // 'file://'", 'function loadFile() {}', 'loadFile(x)'])(
    'finds no others: %s',
    async (text) => expect(await outline('origins', text)).toEqual([]),
  )
})
