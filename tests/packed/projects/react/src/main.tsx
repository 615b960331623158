import { SharedChannelProvider } from '@shared-channel/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Level } from './Level.tsx'

createRoot(document.getElementById('app') as HTMLElement).render(
  <StrictMode>
    <SharedChannelProvider>
      <Level size={1024} />
    </SharedChannelProvider>
  </StrictMode>,
)
