// Decodes messages of every codec while the other side rewrites their bytes without a pause. A crash is a failed test.
//   rewriter <seconds> <bytes of a record>
import { bytes, custom, defineProtocol, json, SharedChannel, text, typedArray } from '@shared-channel/core'
import { openPlugin } from '@shared-channel/native'
import { pluginPath } from '@shared-channel/test-plugins'

const [seconds, record] = process.argv.slice(2).map(Number) as [number, number]

/** What many a codec does with the bytes that it is given. */
const toText = (data: Uint8Array) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8') + new TextDecoder().decode(data)
const encode = () => new Uint8Array()

const Rewritten = defineProtocol({
  receive: {
    bytes: { id: 1, codec: bytes() },
    view: { id: 2, codec: bytes({ view: true }) },
    text: { id: 3, codec: text() },
    json: { id: 4, codec: json<unknown>() },
    floats: { id: 5, codec: typedArray(Float32Array) },
    floatsInPlace: { id: 6, codec: typedArray(Float64Array, { view: true }) },
    custom: { id: 7, codec: custom({ encode, decode: toText }) },
    customScratch: { id: 8, codec: custom({ encode, decode: (data) => JSON.parse(toText(data)), input: 'scratch' }) },
  },
})
const NAMES = Object.keys(Rewritten.receive) as (keyof typeof Rewritten.receive)[]

const plugin = await openPlugin(pluginPath('rewriter'), {
  receiveCapacity: Math.max(4096, 8 * record),
  options: [NAMES.length, record],
})
const channel = new SharedChannel(plugin, Rewritten)
const sent = new Uint8Array(record - 8).fill(0x31)
const decoded: Record<string, number> = {}
/** Copies that hold something else than what was sent: the rewriter was faster. */
let rewritten = 0
const errors: Record<string, number> = {}
channel.onError((error) => {
  const { name } = error as Error
  errors[name] = (errors[name] ?? 0) + 1
})
for (const name of NAMES) {
  decoded[name] = 0
  channel.on(name, (data: unknown) => {
    decoded[name] = (decoded[name] ?? 0) + 1
    if (name === 'bytes') rewritten += Buffer.compare(data as Uint8Array, sent) === 0 ? 0 : 1
    if (name === 'view') void (data as Uint8Array).reduce((sum, byte) => sum + byte, 0)
    if (name === 'floatsInPlace') void (data as Float64Array).reduce((sum, number) => sum + number, 0)
  })
}
const end = performance.now() + seconds * 1000
while (performance.now() < end && channel.state === 'open') await new Promise((resolve) => setTimeout(resolve, 10))
const { reason } = await channel.close()
const { receivedMessages } = channel.stats()
console.log(JSON.stringify({ receivedMessages, decoded, rewritten, errors, reason: reason?.code }))
