// Uses the addon as an application does, over and over, for a sanitizer to watch: scripts/sanitize.mjs starts it in a Node
// with the sanitizer's runtime. Arguments: the folder of a copy of @shared-channel/native with the sanitized addon, the
// folder of the plugins.
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { bytes, defineProtocol, SharedChannel } from '@shared-channel/core'

const ROUNDS = 50
const SECONDS = Number(process.env.SANITIZE_SECONDS ?? 0)
const [packageFolder, pluginFolder] = isMainThread ? process.argv.slice(2) : workerData
const { createSharedBuffer, openPlugin, openSharedBuffer, SharedMutex } = await import(
  pathToFileURL(`${packageFolder}/dist/index.js`)
)

const Bytes = defineProtocol({ both: { bytes: { id: 1, codec: bytes() } } })
const plugin = (name) => `${pluginFolder}/${name}`
const capacities = { sendCapacity: 4096, receiveCapacity: 4096 }

if (isMainThread) await main()
else await streamForEver()

async function main() {
  const start = performance.now()
  let rounds = 0
  let echoed = 0
  while (rounds < ROUNDS || performance.now() - start < SECONDS * 1000) {
    echoed += await streamBothWays(rounds)
    await failToOpen()
    await sendInEveryWay(rounds)
    await call()
    await exchange()
    await bearGarbage(rounds)
    await closeInTheMiddle()
    await exchangeMemory()
    await lock(rounds)
    await terminateWorker()
    globalThis.gc?.()
    if (++rounds % 10 === 0)
      process.stderr.write(`  ${rounds} rounds, ${(echoed / 1e6).toFixed(1)} MB there and back\n`)
  }
  await leaveBehind()
  // With channels open, so that the environment's end closes them.
  await openEcho()
  console.log(`${rounds} rounds`)
}

async function openEcho(options = {}) {
  return new SharedChannel(await openPlugin(plugin('echo'), { ...capacities, ...options }), Bytes)
}

/** Several channels at once; messages below and above the size of the rings. */
async function streamBothWays(seed) {
  const channels = await Promise.all([openEcho(), openEcho(), openEcho({ sendCapacity: 1 << 16 })])
  const sizes = Array.from({ length: 60 }, (_, i) => ((seed + 1) * (i + 7) * 7919) % (i % 8 === 0 ? 20_000 : 600))
  await Promise.all(channels.map((channel) => echoAll(channel, sizes)))
  await Promise.all(channels.map((channel) => channel.close()))
  return channels.length * sizes.reduce((sum, size) => sum + size, 0)
}

async function echoAll(channel, sizes) {
  const echoes = new Promise((resolve, reject) => {
    let received = 0
    channel.on('bytes', (data) => {
      const expected = sizes[received++]
      if (data.length !== expected || data.some((byte) => byte !== expected % 251)) {
        reject(new Error(`echo ${received} of ${data.length} bytes is not the message of ${expected}`))
      }
      if (received === sizes.length) resolve()
    })
    channel.closed.then(() => reject(new Error('the channel closed early')))
  })
  for (const size of sizes) {
    if (!channel.send('bytes', new Uint8Array(size).fill(size % 251))) await channel.ready
  }
  await echoes
}

async function failToOpen() {
  const results = await Promise.allSettled([
    openPlugin(plugin('nowhere')),
    openPlugin(plugin('no_entry')),
    openPlugin(plugin('thrower'), { options: ['initialize'], onLog: () => {} }),
  ])
  const codes = results.map(({ reason }) => reason?.code).join()
  if (codes !== 'PLUGIN_NOT_FOUND,PLUGIN_LOAD_FAILED,PLUGIN_INIT_FAILED')
    throw new Error(`opening failed with ${codes}`)
}

/** Slots, direct sends that are given up half written, and the order of all of them. */
async function sendInEveryWay(seed) {
  const channel = await openEcho()
  const received = []
  const expected = []
  const send = async (i) => {
    const size = ((seed + i) * 613) % (i % 5 === 0 ? 9000 : 900)
    const payload = new Uint8Array(size).fill(i)
    if (i % 4 === 0) {
      const slot = size < 2000 ? channel.reserve('bytes', size) : null
      if (slot === null) return
      slot.bytes.fill(i)
      if (i % 8 === 0) slot.abort()
      else expected.push(i) && slot.commit()
    } else if (i % 4 === 1) {
      const sent = await channel.sendDirect('bytes', payload, { timeout: i % 3 }).catch(({ code }) => code)
      if (sent === undefined) expected.push(i)
    } else if (i % 4 === 2) {
      if (size < 2000 && channel.trySend('bytes', payload)) expected.push(i)
    } else {
      expected.push(i)
      if (!channel.send('bytes', payload)) await channel.ready
    }
  }
  channel.on('bytes', (data) => received.push(data[0]))
  for (let i = 1; i < 100; i++) await send(i)
  await channel.close()
  // Empty messages come without a number.
  const numbers = received.filter((number) => number !== undefined)
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1])) throw new Error('messages came out of order')
  if (received.length !== expected.length) throw new Error(`${expected.length} messages sent, ${received.length} came`)
}

async function call() {
  const Calls = defineProtocol({
    send: Object.fromEntries(
      ['echo', 'keep', 'answer', 'thread', 'throw', 'forget', 'drop'].map((name, i) => [
        name,
        { id: i + 1, codec: bytes(), reply: bytes() },
      ]),
    ),
  })
  const channel = new SharedChannel(await openPlugin(plugin('requests'), { ...capacities, onLog: () => {} }), Calls)
  const calls = []
  for (let i = 0; i < 60; i++) {
    const name = ['echo', 'thread', 'keep', 'throw', 'forget', 'drop'][i % 6]
    calls.push(channel.request(name, new Uint8Array(i * 50).fill(i)).catch(({ code }) => code))
  }
  calls.push(channel.request('answer', new Uint8Array(0)))
  const answers = await Promise.all(calls)
  const failures = answers.filter((answer) => answer === 'REMOTE_ERROR').length
  if (failures !== 30) throw new Error(`${failures} calls of 30 failed`)
  channel.request('keep', new Uint8Array(9)).catch(() => {}) // open at the end
  await channel.close()
}

async function exchange() {
  const instance = await openPlugin(plugin('exchange'), { ...capacities, onLog: () => {} })
  for (let i = 0; i < 50; i++) instance.exchange(Buffer.alloc(1000).subarray(i, 900))
  await instance.close()
}

/** Either side writes garbage over the header and the rings, while both read and write. */
async function bearGarbage(seed) {
  const scribbled = await openPlugin(plugin('echo'), { ...capacities, shutdownTimeout: 5000 })
  const { memory } = scribbled
  const vandalised = await openPlugin(plugin('vandal'), {
    ...capacities,
    options: [capacities.sendCapacity, capacities.receiveCapacity, seed + 1],
    shutdownTimeout: 5000,
    onLog: () => {},
  })
  const garbage = (i) => ((seed + 1) * (i + 3) * 2654435761) | 0
  await Promise.all([
    endure(new SharedChannel(scribbled, Bytes, { closeTimeout: 50 }), (i) => {
      new Int32Array(memory)[(garbage(i) >>> 0) % (i % 3 === 0 ? 400 : memory.byteLength / 4)] = garbage(i + 1)
    }),
    endure(new SharedChannel(vandalised, Bytes, { closeTimeout: 50 }), () => {}),
  ])
}

/** Uses a channel until it closes, or for a while; whatever comes of it, the process lives. */
async function endure(channel, scribble) {
  channel.onError(() => {})
  channel.on('bytes', () => {})
  try {
    for (let i = 0; i < 300 && channel.state === 'open'; i++) {
      channel.send('bytes', new Uint8Array((i * 97) % 3000))
      scribble(i)
      if (i % 10 === 0) await new Promise(setImmediate)
    }
  } catch {} // what it throws is not what is looked for here
  await channel.close({ discard: true })
}

/** Threads of the plugin send without end while JavaScript closes. */
async function closeInTheMiddle() {
  const Crowd = defineProtocol({ receive: { first: { id: 0, codec: bytes() }, second: { id: 1, codec: bytes() } } })
  const channel = new SharedChannel(await openPlugin(plugin('crowd'), { ...capacities, options: [2, 0] }), Crowd)
  await new Promise((resolve) => {
    let messages = 0
    const count = () => ++messages === 50 && resolve()
    channel.on('first', count)
    channel.on('second', count)
  })
  const { reason } = await channel.close()
  if (reason !== undefined) throw reason
}

/** Memory of JavaScript's, new each time and of all sorts, in the hands of a plugin, until and after its end. */
async function exchangeMemory() {
  const worker = await openPlugin(plugin('exchange'), { ...capacities, onLog: () => {} })
  for (let size = 0; size < 300; size++) {
    const views = [new Uint8Array(size), Buffer.alloc(size), new DataView(new SharedArrayBuffer(size + 3), 3)]
    for (const view of views) if (worker.exchange(view) !== size) throw new Error(`an exchange of not ${size} bytes`)
  }
  await worker.stop()
  try {
    worker.exchange(new Uint8Array(8))
    throw new Error('an exchange with a plugin that has ended')
  } catch (error) {
    if (error.code !== 'CLOSED') throw error
  }
  await worker.close()
}

/** Two ends of one lock, contended, given up, and lost while somebody waits; closed, or forgotten. */
async function lock(round) {
  const buffer = createSharedBuffer(65536)
  const other = openSharedBuffer(buffer.handle)
  const ends = [new SharedMutex(buffer), new SharedMutex(other)]
  const turns = Array.from({ length: 60 }, (_, i) => ends[i % 2].run(() => new Promise((done) => setImmediate(done))))
  await Promise.all(turns)
  await ends[0].lock()
  await ends[1].lock({ timeout: round % 3 }).catch(() => {})
  const waiting = ends[1].lock()
  if (round % 2 === 0) ends[0].unlock()
  else buffer.close()
  const { ownerLost } = await waiting
  if (ownerLost !== (round % 2 === 1)) throw new Error('what was said of the last owner is wrong')
  if (round % 4 < 2) other.close()
}

/** A worker ends, not asked, in the middle of a stream. */
async function terminateWorker() {
  const worker = new Worker(new URL(import.meta.url), { workerData: [packageFolder, pluginFolder] })
  worker.on('error', (error) => {
    throw error
  })
  await once(worker, 'message')
  await worker.terminate()
}

async function streamForEver() {
  const { parentPort } = await import('node:worker_threads')
  const channel = await openEcho()
  let echoes = 0
  channel.on('bytes', () => ++echoes === 20 && parentPort.postMessage('streaming'))
  for (;;) if (!channel.send('bytes', new Uint8Array(300))) await channel.ready
}

/** A plugin that does not return: its thread is left behind with its memory. */
async function leaveBehind() {
  const channel = new SharedChannel(
    await openPlugin(plugin('stuck'), { ...capacities, shutdownTimeout: 50, onLog: () => {} }),
    Bytes,
    {
      closeTimeout: 50,
    },
  )
  const errors = []
  channel.onError((error) => errors.push(error.code))
  channel.on('bytes', () => {})
  channel.send('bytes', new Uint8Array(1))
  await channel.close()
  if (!errors.includes('PLUGIN_ERROR')) throw new Error('nothing was said of the plugin that was left behind')
}
