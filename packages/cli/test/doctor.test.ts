import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Report } from '../src/report.ts'
import { writeApp } from './helpers/app-of.ts'
import { runCli } from './helpers/run-cli.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = temporaryFolder()
const HEALTHY = {
  'package.json': '{ "name": "healthy" }',
  'src/main.ts': `
    // new BrowserWindow({ webPreferences: { contextIsolation: false } })
    const window = new BrowserWindow({ webPreferences: { sandbox: false, contextIsolation: true } })
    headers['Content-Security-Policy'] = "default-src 'self'"
    window.loadURL('app://main/index.html')`,
  'src/index.html': '<p>',
}
const SICK = { ...HEALTHY, 'src/other.js': '\nnew BrowserWindow({ webPreferences: { contextIsolation: false } })' }

describe('shared-channel doctor', () => {
  it('finds no problem where there is none', () => {
    const { status, stdout, stderr } = runCli(folder.path, 'doctor', writeApp(folder, HEALTHY))
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Read 1 files of code, 1 pages, 0 archives.')
    expect(stdout).toMatch(/\n0 problems, \d+ notes?\n$/)
  })

  it('says what is wrong, why it matters, what to change and where', () => {
    const { status, stdout } = runCli(writeApp(folder, SICK), 'doctor')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /\nproblem +isolation: .*contextIsolation: false.*\n +Why: .*\n +Change: .*contextIsolation: true.*\n +Where: +src\/other\.js:2\n/,
    )
  })

  it('prints one JSON object and nothing else', () => {
    const app = writeApp(folder, SICK)
    const { status, stdout, stderr } = runCli(folder.path, 'doctor', '--json', app)
    expect([status, stderr]).toEqual([1, ''])
    const report: Report = JSON.parse(stdout)
    const notes = report.findings.filter(({ level }) => level === 'note').length
    expect(report).toMatchObject({ folder: app, problems: 1, notes })
    expect(report.findings.filter(({ level }) => level === 'problem')).toEqual([
      {
        check: 'isolation',
        level: 'problem',
        what: expect.any(String),
        why: expect.any(String),
        change: expect.any(String),
        where: ['src/other.js:2'],
      },
    ])
  })

  it('names what it did not read', () => {
    const app = writeApp(folder, { ...SICK, 'bundle.js': '' })
    truncateSync(join(app, 'bundle.js'), (8 << 20) + 1)
    const { findings }: Report = JSON.parse(runCli(app, 'doctor', '--json').stdout)
    expect(findings[0]).toMatchObject({ check: 'files', level: 'note', where: ['bundle.js'] })
  })

  it.each([['missing-folder'], ['.', '.'], ['--jsn']])('tells how it is used: %s %s', (...args) => {
    const { status, stdout, stderr } = runCli(folder.path, 'doctor', ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('usage: shared-channel doctor')
  })

  it('tells how it is used on stdout when asked', () => {
    const { status, stdout } = runCli(folder.path, 'doctor', '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('usage: shared-channel doctor')
  })
})
