import { testSharedBufferTest } from '@shared-channel/sample/testing/applications'
import { createRoot } from 'react-dom/client'
import { SharedBufferTest } from '../src/SharedBufferTest.tsx'

testSharedBufferTest((container, { connect }) => {
  const root = createRoot(container)
  root.render(<SharedBufferTest connect={connect} />)
  return () => root.unmount()
})
