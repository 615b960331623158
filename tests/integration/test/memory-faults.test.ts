import { describe, expect, it } from 'vitest'
import { runChild } from './helpers/child.ts'

const FAULTS: [kind: string, fault: string][] = [
  ['resizable', 'resize(0)'],
  ['resizable', 'resize(0), resize(n)'],
  ['resizable', 'transfer'],
  ['resizable', 'drop'],
  ['growable', 'drop'],
  ['wasm', 'grow(0)'],
  ['wasm', 'drop'],
  ['wasm-shared', 'drop'],
]
if ('transfer' in ArrayBuffer.prototype) FAULTS.push(['resizable', 'ArrayBuffer.prototype.transfer'])

describe.each(['send', 'scribble'])('while a native thread is busy with %s', (writing) => {
  it.each(FAULTS)('%s memory may go by %s', async (kind, fault) => {
    const { code, signal, stdout, stderr } = await runChild('memory-fault', [kind, fault, writing])
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    const { spoiled, reason, threads } = JSON.parse(stdout)
    expect(spoiled).toBe(0)
    if (fault === 'drop') return
    expect(threads).toBe(0)
    // Pages that come back empty look like a ring in which nothing moves: only the bytes could tell.
    const mayBeQuiet = fault === 'resize(0), resize(n)'
    expect(mayBeQuiet ? [undefined, 'CORRUPT'] : ['CORRUPT']).toContain(reason)
  })

  it.each(['resizable', 'growable', 'wasm', 'wasm-shared'])('%s memory may go with its worker', async (kind) => {
    const { code, signal, stdout, stderr } = await runChild('terminate', [kind, writing])
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ spoiled: 0, threads: 0, mappings: 0, descriptors: 0 })
  })
})
