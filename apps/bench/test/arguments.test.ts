import { CommanderError } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { parseArguments } from '../src/arguments.ts'

const NAMES = ['first', 'second', 'third']
const ROWS = NAMES.map((name) => ({ name }))

describe('the arguments', () => {
  it('select everything, for people, by default', () => {
    expect(parseArguments([], ROWS)).toEqual({ json: false, only: NAMES })
  })

  it('--json asks for JSON', () => {
    expect(parseArguments(['--json'], ROWS).json).toBe(true)
  })

  it('--only selects rows, in the order of the table', () => {
    expect(parseArguments(['--only', 'third', 'first', '--json'], ROWS)).toEqual({
      json: true,
      only: ['first', 'third'],
    })
    expect(parseArguments(['--only', 'second'], ROWS).only).toEqual(['second'])
  })

  it('a group selects its rows', () => {
    const rows = [
      { name: 'first' },
      { name: 'second', group: 'electron' },
      { name: 'third', group: 'browser' },
      { name: 'fourth', group: 'electron' },
    ] as const
    expect(parseArguments(['electron', '--json'], rows).only).toEqual(['second', 'fourth'])
    expect(parseArguments(['browser'], rows).only).toEqual(['third'])
    expect(parseArguments(['electron', '--only', 'first', 'fourth'], rows).only).toEqual(['fourth'])
  })

  it.each([
    { args: ['--only', 'fourth'], says: 'first, second, third' },
    { args: ['--jsn'], says: '--jsn' },
    { args: ['file'], says: 'electron, process, browser' },
    { args: ['electron', 'process'], says: 'too many arguments' },
  ])('$args is refused with a message on stderr', ({ args, says }) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(() => parseArguments(args, ROWS)).toThrow(CommanderError)
    expect(stderr.mock.calls.join()).toContain(says)
  })
})
