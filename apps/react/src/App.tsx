import { SharedChannelProvider } from '@shared-channel/react'
import type { connect } from '@shared-channel/sample'
import { useState } from 'react'
import { Instrument } from './Instrument.tsx'
import { SharedBufferTest } from './SharedBufferTest.tsx'

/** How to reach the plugin: `connect` of @shared-channel/sample, or what a test has in its place. */
export type Connect = typeof connect

export function App({ connect }: { connect: Connect }) {
  const [isMounted, setMounted] = useState(true)
  return (
    <SharedChannelProvider>
      <main>
        <div className="row">
          <h1>Shared Channel in React</h1>
          <button type="button" onClick={() => setMounted(!isMounted)}>
            {isMounted ? 'Unmount' : 'Mount'}
          </button>
        </div>
        {isMounted && <Instrument connect={connect} />}
        {isMounted && <SharedBufferTest connect={connect} />}
      </main>
    </SharedChannelProvider>
  )
}
