import type { App, Page } from '../app/app.ts'
import { type Finding, ok } from '../finding.ts'
import { callsOf, defines, headerValues, placeIn, type SourceFile } from '../source/source-file.ts'

const OPENER = 'cross-origin-opener-policy'
const EMBEDDER = 'cross-origin-embedder-policy'
const ISOLATING: Readonly<Record<string, readonly string[]>> = {
  [OPENER]: ['same-origin'],
  [EMBEDDER]: ['require-corp', 'credentialless'],
}
const META = /<meta\b[^>]*http-equiv\s*=\s*["']?cross-origin-(?:opener|embedder)-policy\b/gi
const WRITE =
  'isolationHeaders(session.defaultSession) of @shared-channel/electron/main, or both headers: Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp'

/** Whether pages are, as far as the sources tell, cross-origin isolated. Only pages that share memory with Web Workers need it. */
export function checkIsolationHeaders({ sources, pages }: App): Finding[] {
  const inPages = pages.flatMap(headersInPage)
  if (inPages.length > 0) return [withoutEffect(inPages)]
  if (sources.some((file) => callsOf(file, 'isolationHeaders').length > 0)) return [checkHandlers(sources)]
  const found = sources.flatMap((file) =>
    [OPENER, EMBEDDER].flatMap((header) =>
      headerValues(file, header).map(({ name, value }) => ({ header, value, place: file.place(name) })),
    ),
  )
  if (found.length === 0) {
    return [ok('No COOP and COEP: not needed, unless pages hand shared memory to Web Workers (isolationHeaders).')]
  }
  const others = found.filter(({ header, value }) => value !== undefined && !ISOLATING[header]?.includes(value.trim()))
  const headers = new Set(found.map(({ header }) => header))
  if (headers.size === 2 && others.length === 0)
    return [ok('COOP and COEP are set: pages can be cross-origin isolated.')]
  return [
    {
      level: 'note',
      what:
        headers.size === 1 ? `Only ${[...headers][0]} is set.` : 'COOP and COEP are set to values that do not isolate.',
      why: 'A page is cross-origin isolated, and has SharedArrayBuffer to hand to its Web Workers, only by both headers.',
      change: WRITE,
      where: (headers.size === 1 ? found : others).map(({ place }) => place),
    },
  ]
}

/** Electron has one handler of headers for a session. */
function checkHandlers(sources: readonly SourceFile[]): Finding {
  const others = sources
    .filter((file) => !defines(file, 'isolationHeaders'))
    .flatMap((file) => callsOf(file, 'onHeadersReceived').map((call) => file.place(call)))
  if (others.length === 0) return ok('Pages are cross-origin isolated by isolationHeaders().')
  return {
    level: 'note',
    what: 'isolationHeaders() and a handler of headers of your own: of two for one session the later one counts.',
    why: 'Then either the pages are not cross-origin isolated, or your own handler does nothing.',
    change:
      'Set both headers in your own handler instead: Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp',
    where: others,
  }
}

function headersInPage({ path, text }: Page): string[] {
  return [...text.matchAll(META)].map(({ index }) => placeIn(path, text, index))
}

function withoutEffect(where: readonly string[]): Finding {
  return {
    level: 'note',
    what: 'COOP and COEP stand in a <meta> element, where they have no effect.',
    why: 'Browsers take them from the response only, so that the page is not cross-origin isolated.',
    change: WRITE,
    where,
  }
}
