/** The web, as far as inputs of a job need it. The page behind an address that a stranger named is read through this alone. */
export interface WebRequest {
  readonly url: URL
  /** The IP address to connect to: the name is not looked up again, so it cannot come to mean another machine. */
  readonly address: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface WebResponse {
  readonly status: number
  readonly location: string | null
  readonly contentType: string | null
  /** Null: longer than was allowed, or compressed. */
  readonly body: string | null
}

export interface Web {
  /** Every IP address of a host name. Rejects when there is none. */
  resolve(host: string): Promise<readonly string[]>
  /** One GET, redirects not followed. Rejects when there is no answer, or the signal ends it. */
  get(request: WebRequest): Promise<WebResponse>
}
