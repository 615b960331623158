import type { App, Page } from '../app/app.ts'
import { type Finding, ok } from '../finding.ts'
import { headerValues, placeIn } from '../source/source-file.ts'

interface Policy {
  readonly text: string
  readonly place: string
  /** Given by a header: in a page some directives, such as sandbox, do not count. */
  readonly isHeader: boolean
}

const HEADER = 'content-security-policy'
const META = /<meta\b[^>]*http-equiv\s*=\s*["']?content-security-policy["']?[^>]*>/gi

/**
 * Whether a Content-Security-Policy is in the way. Of all directives only `sandbox` is: making memory is no evaluation, so
 * that `default-src 'none'`, a missing 'wasm-unsafe-eval' and trusted types change nothing (tried in Electron 22).
 */
export function checkContentPolicy({ sources, pages }: App): Finding[] {
  const headers = sources.flatMap((file) =>
    headerValues(file, HEADER).flatMap(({ name, value }) =>
      value === undefined ? [] : [{ text: value, place: file.place(name), isHeader: true }],
    ),
  )
  const policies: Policy[] = [...headers, ...pages.flatMap(policiesOfPage)]
  if (policies.length === 0) return []
  const inTheWay = policies.filter(isInTheWay).map(({ place }) => place)
  if (inTheWay.length === 0)
    return [ok('The Content-Security-Policy is not in the way; Shared Channel needs no eval of any kind.')]
  return [
    {
      level: 'problem',
      what: "The Content-Security-Policy's directive sandbox takes the page's scripts or its origin away.",
      why: 'Its origin is then null, which the broker does not let in.',
      change: 'Remove sandbox, or write: sandbox allow-scripts allow-same-origin',
      where: inTheWay,
    },
  ]
}

function policiesOfPage({ path, text }: Page): Policy[] {
  return [...text.matchAll(META)].map(({ index, 0: element }) => ({
    text: /\scontent\s*=\s*("|')(.*?)\1/is.exec(element)?.[2] ?? '',
    place: placeIn(path, text, index),
    isHeader: false,
  }))
}

function isInTheWay({ text, isHeader }: Policy): boolean {
  if (!isHeader) return false
  const directives = text
    .toLowerCase()
    .split(';')
    .map((directive) => directive.trim().split(/\s+/))
  const sandbox = directives.find(([name]) => name === 'sandbox')
  return sandbox !== undefined && !(sandbox.includes('allow-scripts') && sandbox.includes('allow-same-origin'))
}
