// The first window: a plugin streams into it, and it shares what it gets with the second.
import { SharedChannel } from '@shared-channel/core'
import { capabilities, connect, createSharedBuffer, onLink, sharedBuffers } from '@shared-channel/electron/renderer'
import { type FromPainter, type PictureResult, type SharingResult, WINDOWS_LINK } from '../result.ts'
import { draw, say } from './picture.ts'
import { CANVAS_WORDS, HEAD_WORDS, HEIGHT, PICTURE, SHOWN, sumOf, WIDTH, WINDOWS, WRONG } from './protocol.ts'

type ToViewer = SharedChannel<typeof WINDOWS>

const FRAMES = 300
const LARGE_BYTES = 100 << 20
const FRAME_WORDS = HEAD_WORDS + WIDTH * HEIGHT
const MB = 1e6

onLink(WINDOWS_LINK, (link) => {
  run(new SharedChannel(link, WINDOWS)).then(
    (result) => tell({ result }),
    (error) => tell({ error: String(error) }),
  )
})

const tell = (message: FromPainter) => sharedBuffers.postMessage(message)

async function run(viewer: ToViewer) {
  const { memory } = await capabilities()
  const canvas = await SharedCanvas.make(viewer)
  const picture = await showPicture(canvas)
  const sharing = await shareLarge(viewer)
  return { memory, picture, sharing: { ...sharing, ...canvas.result } }
}

async function showPicture(canvas: SharedCanvas): Promise<PictureResult> {
  const channel = new SharedChannel(await connect('picture'), PICTURE)
  const counts = { frames: 0, lost: 0, torn: 0 }
  let start = 0
  await new Promise<void>((resolve, reject) => {
    channel.closed.then(({ reason }) => reject(reason ?? new Error('The plugin ended before its last frame.')))
    channel.on('frame', (bytes) => {
      const frame = new Uint32Array(bytes.buffer, bytes.byteOffset, FRAME_WORDS)
      const number = frame[0] as number
      if (counts.frames === 0) start = performance.now()
      counts.lost += number - counts.frames - counts.lost
      counts.frames++
      if (!draw(frame)) counts.torn++
      canvas.paint(frame)
      if (number % 15 === 14) tellRates(counts.frames, canvas.painted, (performance.now() - start) / 1000)
      if (number === FRAMES - 1) resolve()
    })
    channel.send('draw', Uint32Array.of(FRAMES))
  })
  const seconds = (performance.now() - start) / 1000
  await channel.close()
  return { ...counts, seconds, bytesPerFrame: FRAME_WORDS * 4 }
}

function tellRates(frames: number, painted: number, seconds: number): void {
  const rate = frames / seconds
  say('rate', `${rate.toFixed(1)} frames/s`)
  say('bytes', `${((rate * FRAME_WORDS * 4) / MB).toFixed(0)} MB/s`)
  say('shared', `${(painted / seconds).toFixed(1)} frames/s`)
}

/** Memory that the second window has too. */
class SharedCanvas {
  readonly #viewer: ToViewer
  readonly #words: Uint32Array
  #painted = 0

  private constructor(viewer: ToViewer, words: Uint32Array) {
    this.#viewer = viewer
    this.#words = words
  }

  static async make(viewer: ToViewer): Promise<SharedCanvas> {
    const buffer = await createSharedBuffer(CANVAS_WORDS * 4)
    await viewer.request('canvas', { buffer, access: 'read-write' })
    return new SharedCanvas(viewer, new Uint32Array(buffer.arrayBuffer, 0, CANVAS_WORDS))
  }

  /** Puts a frame into it, when the last one was shown. */
  paint(frame: Uint32Array): void {
    if (Atomics.load(this.#words, SHOWN) !== this.#painted) return
    this.#words.set(frame)
    this.#painted++
    this.#viewer.send('painted', new Uint8Array(0))
  }

  get painted(): number {
    return this.#painted
  }

  get result(): Pick<SharingResult, 'painted' | 'wrong'> {
    return { painted: this.#painted, wrong: Atomics.load(this.#words, WRONG) }
  }
}

async function shareLarge(viewer: ToViewer): Promise<Omit<SharingResult, 'painted' | 'wrong'>> {
  const buffer = await createSharedBuffer(LARGE_BYTES)
  const words = new Uint32Array(buffer.arrayBuffer, 0, LARGE_BYTES / 4)
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761)
  const sum = sumOf(words)
  await viewer.request('large', { buffer, access: 'read-write' })
  const read = await viewer.request('invert', null)
  const seesChanges = words.every((word, i) => word === ~Math.imul(i, 2654435761) >>> 0)
  buffer.close()
  return { bytes: LARGE_BYTES, readUnchanged: read.sum === sum, seesChanges }
}
