export interface Frames {
  readonly frames: number
  readonly seconds: number
}

/**
 * Counts the frames of the page that it runs in, from one frame to another. It is also sent to pages as text, and so refers to
 * nothing around it.
 */
export function countFrames(milliseconds: number): Promise<Frames> {
  return new Promise((resolve) => {
    let frames = 0
    const from = (start: number) => {
      const next = () => {
        frames++
        const elapsed = performance.now() - start
        if (elapsed < milliseconds) requestAnimationFrame(next)
        else resolve({ frames, seconds: elapsed / 1000 })
      }
      requestAnimationFrame(next)
    }
    requestAnimationFrame(() => from(performance.now()))
  })
}
