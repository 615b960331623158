// SharedBuffers between JavaScript and a plugin.
import { bytes, defineProtocol, type SharedBufferReceivedEvent, text } from '@shared-channel/core'
import { createSharedBuffer, openSharedBuffer, postSharedBuffer, SharedBufferReceiver } from '@shared-channel/native'
import { expect, it, onTestFinished } from 'vitest'
import { openChannel } from './helpers/channels.ts'
import { pattern, sumOf } from './helpers/pattern.ts'
import { segmentDescriptors, segmentMappings } from './helpers/process.ts'
import { until } from './helpers/wait.ts'

/** What the plugin `buffers` understands; see its source. */
const Buffers = defineProtocol({
  send: {
    post: { id: 1, codec: text() },
    release: { id: 2, codec: text() },
    read: { id: 3, codec: text() },
    handle: { id: 5, codec: text() },
    create: { id: 6, codec: text() },
  },
  receive: { said: { id: 1, codec: text() } },
})

const READ_WRITE = 0
const READ_ONLY = 1
const READ_ONLY_STRICT = 2

async function open(name = 'buffers') {
  const channel = await openChannel(name, Buffers)
  const errors: unknown[] = []
  channel.onError((error) => errors.push(error))
  const lines: string[] = []
  channel.on('said', (line) => lines.push(line))
  /** The next thing that the plugin says. */
  const said = async () => {
    await until(() => lines.length > 0)
    return lines.shift() ?? ''
  }
  const receiver = new SharedBufferReceiver(channel)
  onTestFinished(() => receiver.close())
  const events: SharedBufferReceivedEvent[] = []
  receiver.addEventListener('sharedbufferreceived', (event) => events.push(event))
  /** The next buffer that comes. */
  const received = async () => {
    await until(() => events.length > 0)
    return events.shift() as SharedBufferReceivedEvent
  }
  return { channel, errors, said, receiver, received }
}

function newBuffer(size: number) {
  const buffer = createSharedBuffer(size)
  onTestFinished(() => buffer.close())
  return buffer
}

it('a plugin fills 100 MB, and JavaScript reads it', async () => {
  const { channel, said, receiver, received } = await open()
  const size = 100 * 1024 * 1024
  channel.send('post', `${size} 7 ${READ_ONLY} {"seed":7}`)
  const event = await received()
  expect(await said()).toBe('posted 1')
  expect(event.size).toBe(size)
  expect(event.access).toBe('read-only')
  expect(event.additionalData).toEqual({ seed: 7 })
  expect(sumOf(event.bytes)).toBe(sumOf(pattern(size, 7)))
  receiver.releaseBuffer(event)
  expect(await said()).toBe('released 1')
})

it('JavaScript fills 100 MB, and a plugin reads it', async () => {
  const { channel, said } = await open()
  const size = 100 * 1024 * 1024
  const buffer = newBuffer(size)
  buffer.bytes.set(pattern(size, 3))
  const sum = sumOf(buffer.bytes)
  const posted = postSharedBuffer(channel, buffer, { additionalData: 'sum' })
  buffer.close()
  await posted.received
  expect(await said()).toBe(`sum ${sum} ${size} ${READ_ONLY}`)
  expect(await posted.released).toBe('released')
})

it('a plugin writes into what JavaScript lets it write', async () => {
  const { channel, said } = await open()
  const buffer = newBuffer(100_001)
  const posted = postSharedBuffer(channel, buffer, { access: 'read-write', additionalData: 'fill' })
  expect(await said()).toBe('filled')
  expect(Buffer.compare(buffer.bytes, pattern(100_001, 9))).toBe(0)
  expect(await posted.released).toBe('released')
})

it('a plugin is told what may be done with a buffer, and its additional data as JSON', async () => {
  const { channel, said } = await open()
  const buffer = newBuffer(1)
  for (const [access, number] of [
    ['read-write', READ_WRITE],
    ['read-only', READ_ONLY],
    ['read-only-strict', READ_ONLY_STRICT],
  ] as const) {
    postSharedBuffer(channel, buffer, { access, additionalData: 'sum' })
    expect(await said()).toBe(`sum 0 1 ${number}`)
  }
  postSharedBuffer(channel, buffer, { additionalData: { a: [1, 'ü\n'] } })
  expect(await said()).toBe('got {"a":[1,"ü\\n"]}')
  postSharedBuffer(channel, buffer)
  expect(await said()).toBe('got nothing')
})

it('buffers come in order with the messages', async () => {
  const { channel, said } = await open()
  const buffer = newBuffer(1)
  for (let i = 0; i < 100; i++) {
    buffer.bytes[0] = i
    postSharedBuffer(channel, buffer, { additionalData: 'keep' })
    channel.send('read', '')
  }
  for (let i = 0; i < 100; i++) expect([await said(), (await said()).startsWith('byte ')]).toEqual(['kept', true])
})

it('a plugin sees what JavaScript writes later, and keeps what JavaScript has closed', async () => {
  const { channel, said } = await open()
  const buffer = newBuffer(10)
  const posted = postSharedBuffer(channel, buffer, { additionalData: 'keep' })
  expect(await said()).toBe('kept')
  buffer.bytes[0] = 5
  channel.send('read', '')
  expect(await said()).toBe('byte 5')
  buffer.close()
  channel.send('read', '')
  expect(await said()).toBe('byte 5')
  channel.send('release', 'slot')
  expect(await said()).toBe('the slot')
  expect(await posted.released).toBe('released')
})

it('JavaScript writes into what a plugin lets it write, in both directions of one buffer', async () => {
  const { channel, said, received } = await open()
  channel.send('create', '10')
  const handle = (await said()).replace('handle ', '')
  const opened = openSharedBuffer(handle)
  onTestFinished(() => opened.close())
  opened.bytes[0] = 11
  channel.send('read', '')
  expect(await said()).toBe('byte 11')
  channel.send('handle', '')
  const event = await received()
  opened.bytes[0] = 12
  expect(event.bytes[0]).toBe(12)
})

it('a buffer that comes back is the same memory', async () => {
  const { channel, said, receiver, received } = await open()
  const buffer = newBuffer(10)
  const posted = postSharedBuffer(channel, buffer, { access: 'read-write', additionalData: 'repost' })
  expect(await said()).toBe('posted 1')
  const event = await received()
  expect(event.additionalData).toBe('back')
  expect(await posted.released).toBe('released')
  event.bytes[3] = 3
  expect(buffer.bytes[3]).toBe(3)
  receiver.releaseBuffer(event)
  expect(await said()).toBe('released 1')
})

it('additional data that is no JSON is declined, and the plugin hears why', async () => {
  const { channel, said } = await open()
  channel.send('post', `10 1 ${READ_ONLY} {no: JSON}`)
  expect(await said()).toBe('posted 1')
  expect(await said()).toMatch(/^declined 1 INVALID_ARGUMENT: .*not JSON/)
})

it('a plugin that takes no buffers declines', async () => {
  const Plain = defineProtocol({ both: { data: { id: 1, codec: bytes() } } })
  for (const name of ['echo', 'interface_echo']) {
    const channel = await openChannel(name, Plain)
    const posted = postSharedBuffer(channel, newBuffer(10))
    await expect(posted.received).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('takes no buffers'),
    })
    expect(await posted.released).toBe('declined')
  }
})

it('an error of a plugin over a buffer is heard, and the buffer released', async () => {
  const { channel, errors } = await open()
  const posted = postSharedBuffer(channel, newBuffer(10), { additionalData: 'throw' })
  expect(await posted.released).toBe('released')
  await until(() => errors.length > 0)
  expect(errors).toMatchObject([{ code: 'PLUGIN_ERROR', message: expect.stringContaining('as it was told') }])
})

it('what a plugin still has is released at its end', async () => {
  const { channel, said } = await open()
  const buffer = newBuffer(10)
  const posted = postSharedBuffer(channel, buffer, { additionalData: 'keep' })
  expect(await said()).toBe('kept')
  await channel.close()
  expect(await posted.released).toBe('ended')
})

it('what JavaScript has of a plugin outlives the plugin', async () => {
  const { channel, said, received } = await open()
  channel.send('post', `100001 7 ${READ_WRITE} null`)
  const event = await received()
  expect(await said()).toBe('posted 1')
  const view = event.bytes
  await channel.close()
  expect(event.additionalData).toBe(null)
  expect(Buffer.compare(view, pattern(100_001, 7))).toBe(0)
})

it('a plugin that writes into what is read-only ends its own process, and nothing else', async () => {
  for (const access of ['read-only', 'read-only-strict'] as const) {
    const channel = await openChannel('buffers', Buffers, { isolation: 'process' })
    const buffer = newBuffer(10)
    const posted = postSharedBuffer(channel, buffer, { access, additionalData: 'write' })
    expect((await channel.closed).reason).toMatchObject({
      code: 'PEER_LOST',
      message: expect.stringContaining('SIGSEGV'),
    })
    expect(await posted.released).toBe('ended')
    expect(buffer.bytes[0]).toBe(0)
  }
})

it('a thousand buffers go each way, and nothing is left', async () => {
  const before = [segmentDescriptors().length, segmentMappings().length]
  const { channel, receiver, received, said } = await open()
  const around = [segmentDescriptors().length, segmentMappings().length]
  for (let i = 0; i < 1000; i++) {
    channel.send('post', `1000 ${i} ${READ_ONLY} ${i}`)
    const event = await received()
    expect(event.additionalData).toBe(i)
    receiver.releaseBuffer(event)
    expect([await said(), await said()]).toEqual([`posted ${i + 1}`, `released ${i + 1}`])
    const buffer = createSharedBuffer(1000)
    const posted = postSharedBuffer(channel, buffer, { additionalData: 'sum' })
    buffer.close()
    await posted.released
    await said()
  }
  expect([segmentDescriptors().length, segmentMappings().length]).toEqual(around)
  receiver.close()
  await channel.close()
  expect([segmentDescriptors().length, segmentMappings().length]).toEqual(before)
})
