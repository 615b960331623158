import { CommanderError } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { parseArguments } from '../src/arguments.ts'

const HERE = { cwd: '/project', defaultFile: '/usr/bin/node' }

describe('the arguments', () => {
  it('take the default file, and people, when there are none', () => {
    expect(parseArguments([], HERE)).toEqual({ json: false, electron: false, file: '/usr/bin/node' })
  })

  it('take a relative file from where the user typed the command, not from where npm runs it', () => {
    expect(parseArguments(['a/../b.bin'], { ...HERE, INIT_CWD: '/home/me' }).file).toBe('/home/me/b.bin')
  })

  it('take a relative file from the current folder when npm did not start the program', () => {
    expect(parseArguments(['b.bin'], HERE).file).toBe('/project/b.bin')
  })

  it('leave an absolute file and the default one alone', () => {
    const fromNpm = { ...HERE, INIT_CWD: '/home/me' }
    expect(parseArguments(['/x/y'], fromNpm).file).toBe('/x/y')
    expect(parseArguments([], fromNpm).file).toBe('/usr/bin/node')
  })

  it('take --json before and behind the file', () => {
    expect(parseArguments(['--json', '/x'], HERE)).toMatchObject({ json: true, file: '/x' })
    expect(parseArguments(['/x', '--json'], HERE)).toMatchObject({ json: true, file: '/x' })
  })

  it('take --electron beside --json', () => {
    expect(parseArguments(['--electron', '--json'], HERE)).toMatchObject({ json: true, electron: true })
  })

  it('take a file whose name begins with a dash behind --', () => {
    expect(parseArguments(['--', '-x'], HERE).file).toBe('/project/-x')
  })

  it.each([
    { args: ['a', 'b'], says: 'too many arguments' },
    { args: ['--jsn'], says: '--jsn' },
    { args: ['--electron', 'a'], says: 'leave out a' },
  ])('$args is refused with a message on stderr', ({ args, says }) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(() => parseArguments(args, HERE)).toThrow(CommanderError)
    expect(stderr.mock.calls.join()).toContain(says)
  })
})
