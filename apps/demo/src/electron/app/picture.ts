// A frame on the canvas of a window.
import { HEAD_WORDS, HEIGHT, sumOf, WIDTH } from './protocol.ts'

const canvas = document.querySelector('canvas') as HTMLCanvasElement
canvas.width = WIDTH
canvas.height = HEIGHT
const context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D
const image = context.createImageData(WIDTH, HEIGHT)
const pixels = new Uint32Array(image.data.buffer)

/** @returns Whether the frame is whole. */
export function draw(frame: Uint32Array): boolean {
  const drawn = frame.subarray(HEAD_WORDS, HEAD_WORDS + WIDTH * HEIGHT)
  pixels.set(drawn)
  context.putImageData(image, 0, 0)
  return sumOf(pixels) === frame[1]
}

/** Fills in a part of the page. */
export function say(id: string, text: string): void {
  const element = document.getElementById(id)
  if (element !== null) element.textContent = text
}
