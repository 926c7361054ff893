import { createIpcClient } from '#shared/ipc/client.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { renderApp } from './app/renderApp.tsx'
import { chooseTransport } from './state/transport.ts'

const client = createIpcClient(soukContract, chooseTransport(), {
  onProblem: (problem) => console.warn(`${problem.code}: ${problem.message}`),
})
renderApp(client)
