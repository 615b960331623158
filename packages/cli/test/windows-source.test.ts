import { describe, expect, it } from 'vitest'
import { readSource } from '../src/source/source-file.ts'
import { findWindows } from '../src/source/windows.ts'

const windows = (text: string) =>
  findWindows(readSource('main.ts', text)).map(({ place, settings, isComplete }) => ({
    line: Number(place.split(':')[1]),
    isComplete,
    ...Object.fromEntries(settings),
  }))

describe('findWindows', () => {
  it('reads what is written out', () => {
    expect(
      windows(`new BrowserWindow({
        width: 3,
        webPreferences: { preload: join(__dirname, 'a', { sandbox: true }), sandbox: false, 'contextIsolation': !0 },
      })`),
    ).toEqual([{ line: 3, isComplete: true, preload: 'unknown', sandbox: false, contextIsolation: true }])
  })

  it('says nothing of what is decided when the program runs', () => {
    expect(windows('w({ webPreferences: { sandbox: !isDev, nodeIntegration: false && x, devTools } })')).toEqual([
      { line: 1, isComplete: true, sandbox: 'unknown', nodeIntegration: 'unknown', devTools: 'unknown' },
    ])
  })

  it('knows that settings which come from elsewhere may hold anything', () => {
    expect(windows('w({ webPreferences: { ...common, sandbox: true } })')).toEqual([
      { line: 1, isComplete: false, sandbox: true },
    ])
    expect(windows('new BrowserWindow(options)')).toEqual([{ line: 1, isComplete: false }])
    expect(windows('new BrowserWindow({ webPreferences })')).toEqual([{ line: 1, isComplete: false }])
    expect(windows('new BrowserWindow({ webPreferences: common })')).toEqual([{ line: 1, isComplete: false }])
    expect(windows('new BrowserWindow({ ...options })')).toEqual([{ line: 1, isComplete: false }])
  })

  it.each(['new BrowserWindow()', 'new electron.BrowserWindow({ width: 3 })', 'new WebContentsView()'])(
    'counts windows with the defaults: %s',
    (text) => expect(windows(text)).toEqual([{ line: 1, isComplete: true }]),
  )

  it('reads settings that are kept in a constant', () => {
    expect(windows('const webPreferences: Electron.WebPreferences = { sandbox: false }')).toEqual([
      { line: 1, isComplete: true, sandbox: false },
    ])
  })

  it.each([
    '// new BrowserWindow()',
    "'new BrowserWindow({ webPreferences: { sandbox: false } })'",
    'class BrowserWindow {}',
    'isA(BrowserWindow(options))',
    'BrowserWindow.getAllWindows()',
    "app.on('will-attach-webview', (event, webPreferences) => { webPreferences.sandbox = true })",
    'interface Options { webPreferences: WebPreferences }',
    'new BrowserWindowManager()',
  ])('counts no other code: %s', (text) => expect(windows(text)).toEqual([]))

  it('reads text that ends in the middle', () => {
    expect(() => windows('new BrowserWindow({ webPreferences: { sandbox:')).not.toThrow()
  })
})
