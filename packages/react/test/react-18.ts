// Aliases of Vite reach our own files only. Here the packages beneath them get the same React.
import Module, { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)
const loader = Module as typeof Module & { _resolveFilename(request: string, ...rest: unknown[]): string }
const resolveFilename = loader._resolveFilename
loader._resolveFilename = (request, ...rest) =>
  /^react(-dom)?(\/|$)/.test(request)
    ? resolve(request.replace(/^react(-dom)?/, '$&-18'))
    : resolveFilename.call(loader, request, ...rest)
