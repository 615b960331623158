// Which pages may use the broker.
import { SharedChannelError } from '@shared-channel/core'
import { app } from 'electron'
import { isAppOrigin } from './app-scheme.ts'

const LOCAL = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/**
 * @param allowed As given to `createBroker`.
 * @throws SharedChannelError `INVALID_ARGUMENT` for any other page.
 */
export function checkOrigin(origin: string, allowed: readonly string[] | undefined): void {
  if (allowed?.includes(origin)) return
  // Where there is a list, it is the whole list, but for pages of the development server.
  if (allowed === undefined && isAppOrigin(origin)) return
  if (allowed === undefined && !app.isPackaged && LOCAL.test(origin)) return
  const others = (allowed ?? []).map((known) => `'${known}', `).join('')
  throw new SharedChannelError(
    'INVALID_ARGUMENT',
    `Pages of ${origin} may not use this application's shared memory. If they belong to it, write in the main process:\n` +
      `  createBroker({ origins: [${others}'${origin}'] })`,
  )
}

/** @throws SharedChannelError `INVALID_ARGUMENT` for what is no origin. */
export function checkOriginList(origins: readonly string[] | undefined): void {
  for (const origin of origins ?? []) {
    if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*$/.test(origin)) continue
    throw new SharedChannelError(
      'INVALID_ARGUMENT',
      `An origin is a scheme and a host, such as 'app://app' or 'https://example.org', without a path; this is ${JSON.stringify(origin)}.`,
    )
  }
}
