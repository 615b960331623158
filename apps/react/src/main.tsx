import '@shared-channel/sample/style.css'
import { connect } from '@shared-channel/sample'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')
createRoot(root).render(
  <StrictMode>
    <App connect={connect} />
  </StrictMode>,
)
