import { testApp } from '@shared-channel/sample/testing/applications'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '../src/App.tsx'

testApp((container, { connect }) => {
  const root = createRoot(container)
  root.render(
    <StrictMode>
      <App connect={connect} />
    </StrictMode>,
  )
  return () => root.unmount()
})
