/** Where the desktop asks for the passphrase: a page of its own, that knows nothing of the engine. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createIpcClient } from '#shared/ipc/client.ts'
import { unlockContract } from '#shared/ipc/unlock.ts'
import { chooseTransport } from '#renderer/state/transport.ts'
import { useView } from '#renderer/state/view.ts'
import '#renderer/styles.css'
import { UnlockForm } from './UnlockForm.tsx'

// As the app was seen last: there is no engine yet to ask.
const { theme } = useView.getState()
if (theme !== 'system') document.documentElement.dataset['theme'] = theme

const client = createIpcClient(unlockContract, chooseTransport())
const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
createRoot(root).render(
  <StrictMode>
    <UnlockForm open={(passphrase) => client.request('unlock.open', { passphrase })} />
  </StrictMode>,
)
