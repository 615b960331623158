import { CommanderError } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { parseArguments } from '../src/arguments.ts'

const NAMES = ['first', 'second', 'third']

describe('the arguments', () => {
  it('select everything, for people, by default', () => {
    expect(parseArguments([], NAMES)).toEqual({ json: false, only: NAMES })
  })

  it('--json asks for JSON', () => {
    expect(parseArguments(['--json'], NAMES).json).toBe(true)
  })

  it('--only selects rows, in the order of the table', () => {
    expect(parseArguments(['--only', 'third', 'first', '--json'], NAMES)).toEqual({
      json: true,
      only: ['first', 'third'],
    })
    expect(parseArguments(['--only', 'second'], NAMES).only).toEqual(['second'])
  })

  it('a group selects the rows that are named after it', () => {
    const names = ['first', 'electron-first', 'process-first', 'electron-second']
    expect(parseArguments(['electron', '--json'], names).only).toEqual(['electron-first', 'electron-second'])
    expect(parseArguments(['electron', '--only', 'first', 'electron-second'], names).only).toEqual(['electron-second'])
  })

  it.each([
    { args: ['--only', 'fourth'], says: 'first, second, third' },
    { args: ['--jsn'], says: '--jsn' },
    { args: ['file'], says: 'electron, process' },
    { args: ['electron', 'process'], says: 'too many arguments' },
  ])('$args is refused with a message on stderr', ({ args, says }) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(() => parseArguments(args, NAMES)).toThrow(CommanderError)
    expect(stderr.mock.calls.join()).toContain(says)
  })
})
