// The processes of plugins end with what they belong to, and leave nothing.
import type { ChildProcess } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'
import { isRunning } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

describe('the process of a plugin', () => {
  it.each([
    ['idle', 'SIGKILL'],
    ['busy', 'SIGKILL'],
    ['hang', 'SIGKILL'],
    ['wait for room', 'SIGKILL'],
    ['idle', 'SIGTERM'],
    ['busy', 'SIGINT'],
  ] as const)('ends when its parent does: %s, %s', async (what, signal) => {
    let hosts: { pid: number; name: string }[] = []
    const started = (child: ChildProcess) =>
      child.stdout?.once('data', (line: string) => {
        hosts = JSON.parse(line)
        child.kill(signal)
      })
    const { signal: endedBy } = await runChild('isolated', [what], { started })
    expect(endedBy).toBe(signal)
    expect(hosts).toEqual([{ pid: expect.any(Number), name: 'sc:crash' }])
    await until(() => hosts.every(({ pid }) => !isRunning(pid)))
  })

  it('ends with process.exit', async () => {
    const { code, stdout, stderr } = await runChild('isolated', ['process.exit'])
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' })
    for (const { pid } of JSON.parse(stdout)) expect(isRunning(pid)).toBe(false)
  })

  it('ends with its worker, also when the plugin does not return', async () => {
    const { code, stdout, stderr } = await runChild('isolated', ['worker'])
    expect(JSON.parse(stdout)).toEqual({ before: 2, after: 0 })
    expect(code).toBe(0)
    expect(stderr).toMatch(/did not return within 200 ms when its environment ended; its process was killed\n$/)
  })

  it('leaves nothing behind over 100 openings, crashes and failures', async () => {
    const { code, stdout, stderr } = await runChild('isolated', ['cycles'], { timeout: 60_000 })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { before, after } = JSON.parse(stdout)
    expect(before).toMatchObject({ hosts: 0, segments: 0, mappings: 0 })
    expect(after).toEqual(before)
  }, 70_000)
})
