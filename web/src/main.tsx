// Starts the page.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { followPrinting } from './api/printing.ts'
import { startSession } from './api/session.ts'
import { App } from './app.tsx'
import { startTheme } from './frame/theme.ts'
import { LanguageProvider } from './words/language.tsx'

/** The configuration is mostly there before the script; the page does not wait for one that is slow. */
const CONFIG_MS_MAX = 300

startTheme()
followPrinting()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
const draw = (): void =>
  createRoot(root).render(
    <StrictMode>
      <LanguageProvider>
        <App />
      </LanguageProvider>
    </StrictMode>,
  )
Promise.race([startSession(), new Promise((resolve) => setTimeout(resolve, CONFIG_MS_MAX))]).then(draw)
