import { constants, type FileHandle, open } from 'node:fs/promises'

/** A file that can be streamed, opened. */
export interface SourceFile {
  readonly path: string
  readonly handle: FileHandle
  /** Bytes when it was opened. */
  readonly size: number
}

/**
 * Opens a file to read it.
 *
 * @throws Error that says in a sentence what is wrong with the path.
 */
export async function openSource(path: string): Promise<SourceFile> {
  let handle: FileHandle
  try {
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw new Error(explain(path, cause), { cause })
  }
  const status = await handle.stat()
  if (status.isFile()) return { path, handle, size: status.size }
  await handle.close()
  throw new Error(`${path} is ${status.isDirectory() ? 'a directory' : 'no regular file'}; name a file to stream.`)
}

function explain(path: string, cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no file ${path}.`
  if (code === 'EACCES' || code === 'EPERM') return `The file ${path} may not be read (${code}); check its permissions.`
  return `The file ${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`
}
