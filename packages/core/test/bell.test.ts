import { describe, expect, it } from 'vitest'
import {
  BELL_OFFSET,
  HEADER_SIZE,
  SIDE_STRIDE,
  type Side,
  WAITING_FOR_DATA,
  WAITING_FOR_ROOM,
  WAITING_OFFSET,
} from '../src/layout.ts'
import { Bell } from '../src/ring.ts'

function newBell(side: Side) {
  const memory = new SharedArrayBuffer(HEADER_SIZE)
  const words = new Int32Array(memory)
  return {
    words,
    bell: new Bell(memory, side),
    waiting: () => words[(WAITING_OFFSET + SIDE_STRIDE * side) / 4],
    moved: () => words[(BELL_OFFSET + SIDE_STRIDE * side) / 4],
  }
}

describe.each([0, 1] as const)('the bell of side %i', (side) => {
  it('is rung only for those who wait, and once', () => {
    const { bell, moved, waiting } = newBell(side)
    expect(bell.take(WAITING_FOR_DATA)).toBe(false)
    expect(moved()).toBe(0)
    bell.announce(WAITING_FOR_DATA)
    expect(bell.take(WAITING_FOR_DATA)).toBe(true)
    expect([moved(), waiting()]).toEqual([1, 0])
    expect(bell.take(WAITING_FOR_DATA)).toBe(false)
    expect(moved()).toBe(1)
  })

  it('keeps what is waited for apart', () => {
    const { bell, moved, waiting } = newBell(side)
    bell.announce(WAITING_FOR_DATA)
    bell.announce(WAITING_FOR_ROOM)
    expect(bell.take(WAITING_FOR_ROOM)).toBe(true)
    expect(waiting()).toBe(WAITING_FOR_DATA)
    expect(bell.take(WAITING_FOR_ROOM)).toBe(false)
    expect(bell.take(WAITING_FOR_DATA)).toBe(true)
    expect(moved()).toBe(2)
  })

  it('is not rung for who woke up by himself', () => {
    const { bell, moved } = newBell(side)
    bell.announce(WAITING_FOR_DATA | WAITING_FOR_ROOM)
    bell.withdraw(WAITING_FOR_DATA)
    expect(bell.take(WAITING_FOR_DATA)).toBe(false)
    expect(bell.take(WAITING_FOR_ROOM)).toBe(true)
    expect(moved()).toBe(1)
  })

  it('moves at close whoever waits', () => {
    const { bell, moved, waiting } = newBell(side)
    bell.announce(WAITING_FOR_ROOM)
    bell.move()
    expect([moved(), waiting()]).toEqual([1, WAITING_FOR_ROOM])
  })

  it('touches the words of its own side only', () => {
    const { bell, words } = newBell(side)
    bell.announce(WAITING_FOR_ROOM)
    bell.move()
    const touched = [...words.keys()].filter((index) => words[index] !== 0)
    expect(touched).toEqual([(WAITING_OFFSET + SIDE_STRIDE * side) / 4, (BELL_OFFSET + SIDE_STRIDE * side) / 4])
  })
})
