// A camera: frames from native code in this page's process, drawn as they come, next to the same from the other page.
import { bytes, defineProtocol, SharedChannel, typedArray } from '@shared-channel/core'
import { connect } from '@shared-channel/electron/renderer'
import type { Outcome } from '../../row.ts'
import type { FrameSettings } from '../order.ts'
import { Audience } from './audience.ts'
import { port } from './ends.ts'
import { atRate, film } from './frame.ts'
import { receiveFilm } from './port-frames.ts'

/** What plugin/camera.cpp understands. */
const CAMERA = defineProtocol({
  send: { film: { id: 1, codec: typedArray(Uint32Array) } },
  receive: { frame: { id: 2, codec: bytes({ view: true }) }, over: { id: 3, codec: bytes() } },
})

/** Less cannot be told from how much one drawing differs from another. */
const LEAST_CORES = 0.01

/** Cores that this is worth at its rate, of all processes with a part in it, beyond drawing the same picture again and again. */
export async function measureFrames(settings: FrameSettings): Promise<Outcome> {
  const { frames, perSecond, width, height } = settings
  const canvas = makeCanvas(settings)
  const still = new Uint8Array(width * height * 4)
  film(still, 0)
  const show = (pixels: Uint8Array, audience: Audience) => {
    audience.see(pixels)
    draw(canvas, pixels, settings)
  }
  const drawing = await measureWork(() => atRate(frames, perSecond, () => draw(canvas, still, settings)))

  const channel = new SharedChannel(await connect('camera'), CAMERA)
  const ours = new Audience(frames)
  const withOurs = await measureWork(() => {
    channel.on('frame', (pixels) => show(pixels, ours))
    channel.send('film', new Uint32Array([frames, still.length, perSecond]))
    return new Promise((resolve) => channel.on('over', resolve))
  })
  await channel.close()

  const other = await port
  const peer = new Audience(frames)
  let filming = 0
  const withPeer = await measureWork(async () => {
    filming = (await receiveFilm(other, settings, (pixels) => show(pixels, peer))).cpuSeconds
  })
  const length = frames / perSecond
  const cores = {
    drawing: drawing.cpuSeconds / length,
    ours: withOurs.cpuSeconds / length,
    peer: (withPeer.cpuSeconds + filming) / length,
  }
  return {
    ours: Math.max(cores.ours - cores.drawing, LEAST_CORES),
    peers: { MessagePort: cores.peer - cores.drawing },
    notes: [
      `of ${frames} frames of ${(still.length / 1e6).toFixed(1)} MB lost ${ours.lost}, torn ${ours.torn}, in ${withOurs.seconds.toFixed(2)} s; MessagePort lost ${peer.lost}, torn ${peer.torn}, in ${withPeer.seconds.toFixed(2)} s`,
      `cores busy, with whoever fills the frames: ${cores.ours.toFixed(2)}; MessagePort ${cores.peer.toFixed(2)}; drawing alone ${cores.drawing.toFixed(2)}`,
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
