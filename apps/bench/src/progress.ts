import { SingleBar } from 'cli-progress'

/** Tells people how far a long task is. */
export interface Progress {
  /** @param done Of the total; what is being done now. */
  update(done: number, doing: string): void
  stop(): void
}

/** A bar where there is a terminal; elsewhere a line whenever what is being done changes. */
export function showProgress(stream: NodeJS.WriteStream, total: number): Progress {
  return stream.isTTY ? bar(stream, total) : lines(stream)
}

function bar(stream: NodeJS.WriteStream, total: number): Progress {
  const single = new SingleBar({
    stream,
    format: '{bar} {percentage} %  {doing}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
  })
  // An empty task is a whole one.
  single.start(Math.max(total, 1), 0, { doing: '' })
  return {
    update: (done, doing) => single.update(done, { doing }),
    stop: () => single.stop(),
  }
}

function lines(stream: NodeJS.WriteStream): Progress {
  let last: string | undefined
  return {
    update: (_done, doing) => {
      if (doing !== last) stream.write(`${doing}\n`)
      last = doing
    },
    stop: () => {},
  }
}
