// Texts that the other side makes up.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseText } from '../src/buffer-messages.ts'
import { postSharedBuffer } from '../src/posting.ts'
import { connected, listening, ports } from './helpers/buffers.ts'
import { TableHost } from './helpers/table-host.ts'
import { stateOf, turns, until } from './helpers/wait.ts'

/** What a port was sent, as texts. */
function textsAt(port: {
  on(name: 'message', handler: (message: { sharedChannel: string }) => void): unknown
}): string[] {
  const texts: string[] = []
  port.on('message', ({ sharedChannel }) => texts.push(sharedChannel))
  return texts
}

/** Until everything that was sent over ports so far has arrived. */
const settle = () => turns(3)

describe('answers', () => {
  it('may come in any order, any number of times, to any id: a post settles once and lets go once', async () => {
    const answer = fc.record({
      which: fc.nat(3),
      text: fc.constantFrom(
        (id: number) => `received\n${id}\n\n`,
        (id: number) => `received\n${id}\n1\n1`,
        (id: number) => `received\n${id}\n1\n`,
        (id: number) => `released\n${id}`,
        (id: number) => `released\n${id}\n`,
        (id: number) => `declined\n${id}\nCLOSED\nfor fun`,
        (id: number) => `declined\n${id}\n`,
        (id: number) => `post\n${id}\nread-only\n1\nh\n`,
        (id: number) => `post\n${id}`,
      ),
    })
    const ends = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 12 }), async (answers) => {
        const [near, far] = ports()
        const texts = textsAt(far)
        const host = new TableHost()
        const buffer = host.create(1)
        const posts = [0, 1, 2].map(() => postSharedBuffer(near, buffer))
        buffer.close()
        await until(() => texts.length === 3)
        const ids = texts.map((text) => parseText(text)?.id as number)
        expect(new Set(ids).size).toBe(3)
        for (const { which, text } of answers) far.postMessage({ sharedChannel: text(ids[which] ?? 12345) })
        await settle()
        for (const { received, released } of posts) {
          const states = [await stateOf(received), await stateOf(released)]
          ends.add(states.join(' '))
          expect(states[1]).not.toBe('rejected')
          if (states[0] !== 'resolved') expect(states[1] === 'resolved').toBe(states[0] === 'rejected')
        }
        far.close()
        const how = await Promise.all(posts.map(({ released }) => released)) // and none is left at the end
        for (const by of how) ends.add(by)
        expect(host.segments.size).toBe(0) // a hold that is dropped twice throws
      }),
      { numRuns: 300 },
    )
    const states = ['pending pending', 'resolved pending', 'resolved resolved', 'rejected resolved']
    expect(ends).toEqual(new Set([...states, 'released', 'declined', 'ended']))
  })
})

describe('posts', () => {
  it('may be anything: they are received, declined or ignored, and what was received can be let go of', async () => {
    const field = fc.oneof(
      fc.constantFrom(
        'read-only',
        'read-write',
        '1',
        '5',
        '6',
        '4294967296',
        '9007199254740993',
        '',
        '{"a":1}',
        '{',
        '-1',
      ),
      fc.string({ maxLength: 20 }),
    )
    const verdicts = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(field, { maxLength: 5 }), { minLength: 1, maxLength: 10 }), async (posts) => {
        const host = new TableHost()
        const { near, events, receiver } = connected(host)
        const answers = textsAt(near)
        const buffer = host.create(5)
        for (const [index, fields] of posts.entries()) {
          // Some of the way to a good one.
          const good = ['read-only', '5', buffer.handle, '']
          const mixed = good.map((text, place) => (index % 5 === place ? text : (fields[place] ?? text)))
          near.postMessage({ sharedChannel: `post\n${index}\n${mixed.join('\n')}` })
          near.postMessage({ sharedChannel: `post\n${fields.join('\n')}` })
        }
        near.postMessage({ sharedChannel: `post\n1000\nread-only\n5\n${buffer.handle}\n"last"` })
        await until(() => events.at(-1)?.additionalData === 'last')
        await settle()
        for (const event of events) {
          expect(event.bytes.length).toBe(event.size)
          receiver.releaseBuffer(event)
        }
        for (const text of answers) verdicts.add(parseText(text)?.verb ?? text)
        await settle()
        expect(host.segments.get(buffer.handle)?.holds).toBe(1)
        receiver.close()
      }),
      { numRuns: 200 },
    )
    expect(verdicts).toEqual(new Set(['received', 'declined']))
  })

  it('with the same id are separate buffers', async () => {
    const host = new TableHost()
    const { near, events, receiver } = connected(host)
    const buffer = host.create(1)
    for (let i = 0; i < 2; i++) near.postMessage({ sharedChannel: `post\n7\nread-only\n1\n${buffer.handle}\n` })
    await until(() => events.length === 2)
    for (const event of events) receiver.releaseBuffer(event)
    expect(host.segments.get(buffer.handle)?.holds).toBe(1)
  })

  it('that cannot be read are declined, where they have an id', async () => {
    const [near, far] = ports()
    const { events } = listening(far, new TableHost())
    const answers = textsAt(near)
    near.postMessage({ sharedChannel: 'post\n5\nread-sometimes\n1\nh\n' })
    near.postMessage({ sharedChannel: 'post\n6\nread-only\n1\n\n' })
    near.postMessage({ sharedChannel: 'post\n7\nread-only\n1\nh\n{' })
    await until(() => answers.length === 3)
    expect(answers.map((text) => text.split('\n').slice(0, 3))).toEqual([
      ['declined', '5', 'NOT_SUPPORTED'],
      ['declined', '6', 'NOT_SUPPORTED'],
      ['declined', '7', 'INVALID_ARGUMENT'],
    ])
    expect(events).toEqual([])
  })
})
