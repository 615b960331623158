import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LeftOut as NoChromium } from '@shared-channel/run-chromium'
import { LeftOut as NoElectron } from '@shared-channel/run-electron'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { MEASUREMENTS, type Measurement } from '../src/measurements.ts'
import { run } from '../src/run.ts'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

const GOOD: Measurement = {
  name: 'good',
  unit: 'ms',
  run: async () => ({ ours: 1, peers: { worker_threads: 20 }, notes: ['something to know'] }),
}
const LEAKING: Measurement = {
  ...GOOD,
  name: 'leaking',
  run: async () => ({ ours: 1, peers: {}, problems: ['threads grow'] }),
}
const BROKEN: Measurement = {
  ...GOOD,
  name: 'broken',
  run: async () => {
    throw new Error('no plugin')
  },
}
const elsewhere = (name: string, reason: Error): Measurement => ({
  ...GOOD,
  name,
  run: async () => {
    throw reason
  },
})
const IN_ELECTRON = elsewhere('in-electron', new NoElectron('there is no Electron here'))
const IN_BROWSER = elsewhere('in-browser', new NoChromium('there is no chromium here'))

describe('the program', () => {
  let stdout: MockInstance<typeof console.log>
  let stderr: MockInstance<typeof console.error>

  beforeEach(() => {
    stdout = vi.spyOn(console, 'log').mockReturnValue()
    stderr = vi.spyOn(console, 'error').mockReturnValue()
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  })

  it('prints one array of rows as JSON', async () => {
    expect(await run(['--json'], [GOOD])).toBe(0)
    expect(stdout.mock.calls).toHaveLength(1)
    expect(JSON.parse(stdout.mock.calls[0]?.[0])).toEqual([
      { name: 'good', unit: 'ms', ours: 1, peers: { worker_threads: 20 }, ratio: { worker_threads: 20 } },
    ])
  })

  it('prints a table with what is to be known beside it', async () => {
    expect(await run([], [GOOD])).toBe(0)
    const printed = stdout.mock.calls.join('\n')
    for (const part of ['good', '1 ms', '20 ms', '20.0 x', 'something to know']) expect(printed).toContain(part)
  })

  it('runs only what was asked for', async () => {
    expect(await run(['--json', '--only', 'good'], [BROKEN, GOOD])).toBe(0)
    expect(stdout).toHaveBeenCalledOnce()
  })

  it('ends with 1, after the rows, when a measurement found what should not be', async () => {
    expect(await run(['--json'], [LEAKING, GOOD])).toBe(1)
    expect(JSON.parse(stdout.mock.calls[0]?.[0])).toHaveLength(2)
    expect(stderr.mock.calls.join()).toContain('leaking: threads grow')
  })

  it('leaves out what cannot be measured on this machine, and says why', async () => {
    expect(await run(['--json'], [IN_ELECTRON, GOOD, IN_BROWSER])).toBe(0)
    expect(JSON.parse(stdout.mock.calls[0]?.[0])).toHaveLength(1)
    expect(stderr.mock.calls.join()).toContain('left out in-electron: there is no Electron here')
    expect(stderr.mock.calls.join()).toContain('left out in-browser: there is no chromium here')
  })

  it('ends with 1 when nothing can be measured on this machine', async () => {
    expect(await run(['--json'], [IN_ELECTRON])).toBe(1)
    expect(JSON.parse(stdout.mock.calls[0]?.[0])).toEqual([])
  })

  it('ends with 1 and prints nothing on stdout when a measurement fails', async () => {
    expect(await run(['--json'], [GOOD, BROKEN])).toBe(1)
    expect(stdout).not.toHaveBeenCalled()
    expect(stderr.mock.calls.join()).toContain('no plugin')
  })

  it('ends with 1 on a wrong argument and with 0 on --help', async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    expect(await run(['--only', 'bad'], [GOOD])).toBe(1)
    expect(await run(['--help'], [GOOD])).toBe(0)
  })
})

describe('npm run bench', () => {
  it('has the rows that the documentation names', () => {
    expect(MEASUREMENTS.map(({ name, unit }) => `${name} ${unit}`)).toEqual([
      'js-to-native-64B msg/s',
      'native-to-js-64B msg/s',
      'js-to-native-1MiB GB/s',
      'native-to-js-1MiB GB/s',
      'reserve-1MiB GB/s',
      'native-to-js-json-1KiB msg/s',
      'round-trip-idle us',
      'request-idle us',
      'round-trip us',
      'open-close ms',
      'idle-64-channels switches',
      'hand-over-1MiB ms',
      'hand-over-100MiB ms',
      'hand-over-1GiB ms',
      'mapped-read GB/s',
      'process-64B msg/s',
      'process-64KiB msg/s',
      'process-round-trip-idle us',
      'electron-page-to-native-64B msg/s',
      'electron-page-to-page-64B msg/s',
      'electron-page-to-page-1MiB GB/s',
      'electron-round-trip-page-native us',
      'electron-hand-over-100MiB ms',
      'electron-frames cores',
      'page-to-worker-64B msg/s',
      'page-to-worker-1MiB GB/s',
      'latest-message-1M frames/s',
    ])
  })

  it('has groups for what runs between processes, in Electron and in a browser', () => {
    const inGroup = (group: string) => MEASUREMENTS.filter((row) => row.group === group).map(({ name }) => name)
    expect(inGroup('process').every((name) => name.startsWith('process-'))).toBe(true)
    expect(inGroup('electron').every((name) => name.startsWith('electron-'))).toBe(true)
    expect(inGroup('process')).toHaveLength(3)
    expect(inGroup('electron')).toHaveLength(6)
    expect(inGroup('browser')).toEqual(['page-to-worker-64B', 'page-to-worker-1MiB', 'latest-message-1M'])
  })

  it('measures with --json, and prints nothing else on stdout', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, '--json', '--only', 'native-to-js-64B', 'js-to-native-1MiB'],
      { encoding: 'utf8' },
    )
    expect(stderr).toContain('measuring native-to-js-64B')
    expect(status, stderr).toBe(0)
    const rows = JSON.parse(stdout)
    expect(rows.map((row: { name: string }) => row.name)).toEqual(['native-to-js-64B', 'js-to-native-1MiB'])
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['name', 'unit', 'ours', 'peers', 'ratio'])
      for (const value of [row.ours, ...Object.values(row.peers), ...Object.values(row.ratio)]) {
        expect(value).toBeGreaterThan(0)
      }
    }
    expect(Object.keys(rows[1].peers).sort()).toEqual(['memcpy', 'worker_threads'])
  })
})

describe('idle channels', () => {
  it('wake nobody', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, '--json', '--only', 'idle-64-channels'], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual([{ name: 'idle-64-channels', unit: 'switches', ours: 0, peers: {}, ratio: {} }])
  })
})
