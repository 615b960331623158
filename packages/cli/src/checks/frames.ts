import type { App } from '../app/app.ts'
import type { Finding } from '../finding.ts'
import { placeIn, type SourceFile } from '../source/source-file.ts'
import { findWindows } from '../source/windows.ts'

const MAKERS = new Set(['createElement', 'jsx', 'jsxs'])

/** Whether iframes, which have no preload by default, get one. */
export function checkFrames({ sources, pages }: App): Finding[] {
  const windows = sources.flatMap(findWindows)
  const preloaded = windows.filter(({ settings }) => settings.get('nodeIntegrationInSubFrames') === true)
  if (preloaded.length > 0) {
    return [
      {
        level: 'note',
        what: 'Preloads run in iframes, too.',
        why: "Also in those that show other people's pages. The broker asks each frame for its origin; other preloads of yours must do so themselves.",
        change: 'Keep nodeIntegrationInSubFrames: true only where an iframe of yours uses Shared Channel.',
        where: preloaded.map(({ place }) => place),
      },
    ]
  }
  const isDecidedLater = windows.some(
    ({ settings, isComplete }) => !isComplete || settings.get('nodeIntegrationInSubFrames') === 'unknown',
  )
  const frames = [...pages.flatMap(({ path, text }) => framesInPage(path, text)), ...sources.flatMap(framesInSource)]
  if (frames.length === 0 || windows.length === 0 || isDecidedLater) return []
  return [
    {
      level: 'note',
      what: 'There are iframes, and no window gives them a preload.',
      why: 'In an iframe without it connect() fails, and no buffer can be posted to it.',
      change: 'If an iframe uses Shared Channel: webPreferences: { nodeIntegrationInSubFrames: true }',
      where: frames,
    },
  ]
}

function framesInPage(path: string, text: string): string[] {
  return [...text.matchAll(/<iframe\b/gi)].map(({ index }) => placeIn(path, text, index))
}

/** `createElement('iframe')` and what JSX looks like before and after it is compiled. */
function framesInSource(file: SourceFile): string[] {
  const { tokens } = file
  return tokens
    .filter((token, index) => {
      if (token.text !== 'iframe') return false
      if (token.kind === 'name') return tokens[index - 1]?.text === '<'
      return tokens[index - 1]?.text === '(' && MAKERS.has(tokens[index - 2]?.text ?? '')
    })
    .map((token) => file.place(token))
}
