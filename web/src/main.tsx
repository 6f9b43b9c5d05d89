// Starts the page.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { followPrinting } from './api/printing.ts'
import { startSession } from './api/session.ts'
import { App } from './app.tsx'
import { startTheme } from './frame/theme.ts'
import { LanguageProvider } from './words/language.tsx'

startTheme()
startSession()
followPrinting()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <App />
    </LanguageProvider>
  </StrictMode>,
)
