// A camera: frames from native code in this page's process, drawn as they come, next to the same from the other page.
import { bytes, defineProtocol, SharedChannel, typedArray } from '@shared-channel/core'
import { connect } from '@shared-channel/electron/renderer'
import type { Outcome } from '../../row.ts'
import type { FrameSettings } from '../order.ts'
import { port } from './ends.ts'
import { atRate, film, isWhole, numberOf } from './frame.ts'
import { receiveFilm } from './port-frames.ts'

/** What plugin/camera.cpp understands. */
const CAMERA = defineProtocol({
  send: { film: { id: 1, codec: typedArray(Uint32Array) } },
  receive: { frame: { id: 2, codec: bytes({ view: true }) }, over: { id: 3, codec: bytes() } },
})

/** What the page has seen of the frames. */
class Audience {
  readonly #canvas: CanvasRenderingContext2D
  readonly #settings: FrameSettings
  #whole = 0
  #torn = 0
  #next = 0

  constructor(canvas: CanvasRenderingContext2D, settings: FrameSettings) {
    this.#canvas = canvas
    this.#settings = settings
  }

  readonly see = (pixels: Uint8Array): void => {
    if (!isWhole(pixels)) this.#torn++
    else if (numberOf(pixels) === this.#next) this.#whole++
    this.#next = numberOf(pixels) + 1
    draw(this.#canvas, pixels, this.#settings)
  }

  /** Of those that were to come. */
  get lost(): number {
    return this.#settings.frames - this.#whole - this.#torn
  }

  get torn(): number {
    return this.#torn
  }
}

/** Cores that this is worth at its rate, of all processes with a part in it, beyond drawing the same picture again and again. */
export async function measureFrames(settings: FrameSettings): Promise<Outcome> {
  const { frames, perSecond, width, height } = settings
  const canvas = makeCanvas(settings)
  const still = new Uint8Array(width * height * 4)
  film(still, 0)
  const drawing = await measureWork(() => atRate(frames, perSecond, () => draw(canvas, still, settings)))

  const channel = new SharedChannel(await connect('camera'), CAMERA)
  const ours = new Audience(canvas, settings)
  const withOurs = await measureWork(() => {
    channel.on('frame', ours.see)
    channel.send('film', new Uint32Array([frames, still.length, perSecond]))
    return new Promise((resolve) => channel.on('over', resolve))
  })
  await channel.close()

  const other = await port
  const peer = new Audience(canvas, settings)
  let filming = 0
  const withPeer = await measureWork(async () => {
    filming = (await receiveFilm(other, settings, peer.see)).cpuSeconds
  })
  const length = frames / perSecond
  return {
    ours: (withOurs.cpuSeconds - drawing.cpuSeconds) / length,
    peers: { MessagePort: (withPeer.cpuSeconds + filming - drawing.cpuSeconds) / length },
    notes: [
      `of ${frames} frames of ${(still.length / 1e6).toFixed(1)} MB, ${perSecond} a second, lost ${ours.lost}, torn ${ours.torn}, in ${withOurs.seconds.toFixed(2)} s; MessagePort lost ${peer.lost}, torn ${peer.torn}, in ${withPeer.seconds.toFixed(2)} s`,
      `drawing alone: ${(drawing.cpuSeconds / length).toFixed(2)} cores; filling the frames is counted`,
    ],
    problems: ours.lost + ours.torn > 0 ? [`${ours.lost} frames were lost and ${ours.torn} torn`] : [],
  }
}

interface Work {
  readonly seconds: number
  /** Of this process. */
  readonly cpuSeconds: number
}

async function measureWork(work: () => Promise<unknown>): Promise<Work> {
  const start = machine.now()
  const before = machine.cpuSeconds()
  await work()
  return { seconds: (machine.now() - start) / 1000, cpuSeconds: machine.cpuSeconds() - before }
}

function makeCanvas({ width, height }: FrameSettings): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  document.body.append(canvas)
  return canvas.getContext('2d') as CanvasRenderingContext2D
}

/** From where the pixels are, without a copy before the canvas's own. */
function draw(canvas: CanvasRenderingContext2D, pixels: Uint8Array, { width, height }: FrameSettings): void {
  const clamped = new Uint8ClampedArray(pixels.buffer as ArrayBuffer, pixels.byteOffset, pixels.length)
  canvas.putImageData(new ImageData(clamped, width, height), 0, 0)
}
