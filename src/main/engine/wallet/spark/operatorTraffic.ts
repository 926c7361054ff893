import type { OperatorTraffic } from './sdk.ts'

/**
 * `fetch` as before, counting what the operator of those hosts answers. In gRPC-web, a call that failed may come as a 200
 * with its status in a header (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
 */
export function watchOperator(plainFetch: typeof fetch, hosts: ReadonlySet<string>): { readonly fetch: typeof fetch; traffic(): OperatorTraffic } {
  const traffic = { answered: 0, failed: 0 }
  return {
    traffic: () => ({ ...traffic }),
    async fetch(input, init) {
      const isOperator = hosts.has(new URL(input instanceof Request ? input.url : input).host)
      try {
        const response = await plainFetch(input, init)
        const isWell = response.ok && (response.headers.get('grpc-status') ?? '0') === '0'
        if (isOperator) traffic[isWell ? 'answered' : 'failed'] += 1
        return response
      } catch (error) {
        if (isOperator) traffic.failed += 1
        throw error
      }
    },
  }
}
