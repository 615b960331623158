import type { ConnectionStatus } from '@shared-channel/core'

/** Where a channel is, and what went wrong. */
export function ChannelStatus({ status, error }: { status: ConnectionStatus; error: unknown }) {
  return (
    <>
      <p className="status" data-status={status}>
        {status}
      </p>
      {error !== null && (
        <p className="error" role="alert">
          {String(error)}
        </p>
      )}
    </>
  )
}
