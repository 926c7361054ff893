/**
 * What the engine asks of its surroundings. Tests, the command line, the browser shell and the desktop shell
 * differ only in what they inject here; the engine has no singletons and reads no global.
 */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number
  /** Calls `run` once after `delayMs`; the returned function cancels it. Never keeps the process alive on its own. */
  after(delayMs: number, run: () => void): () => void
}

export interface Random {
  /** Cryptographically strong random bytes. */
  bytes(length: number): Uint8Array
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Structured log. Callers never pass secrets, prompts, preimages or connection strings. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** An open or opening WebSocket. After `onClose` nothing more comes from it and nothing more goes out. */
export interface Socket {
  /** Bytes handed to `send` that have not left this machine. */
  readonly bufferedAmount: number
  /** Does nothing unless the socket is open. */
  send(text: string): void
  /** Ends the socket within about a second, whatever the peer does; `onClose` follows. */
  close(): void
  /** Stops reading, so that a peer that sends faster than it can be handled has to wait. Absent where that cannot be done. */
  pause?(): void
  resume?(): void
}

export interface SocketHandlers {
  onOpen(): void
  /** `null` for a binary message. */
  onMessage(text: string | null): void
  /** Once. `problem` says in a sentence for a person why it failed; null when either side closed it in order. */
  onClose(problem: string | null): void
}

export interface SocketOptions {
  /** A stranger named the address: what its name means has to be on the public internet, or nothing is connected. */
  readonly publicOnly?: boolean
}

/** Opens a socket. Throws only on an address that is not a ws(s) URL; every later failure is `onClose`, never within this call. */
export type OpenWebSocket = (url: string, handlers: SocketHandlers, options?: SocketOptions) => Socket

/** How a secret rests on this machine. */
export type Protection = 'os' | 'passphrase' | 'plain'

/** Where secrets rest: the operating system's store on the desktop, an encrypted file headless. */
export interface Secrets {
  /** How `write` protects what it is given now. */
  protection(): Protection
  /** The secret, null when there is none. Throws SecretsLocked when it cannot be opened. */
  read(name: string): Promise<string | null>
  write(name: string, value: string): Promise<void>
  remove(name: string): Promise<void>
  /**
   * Stores everything under `next`, or in plain text for null. `current` is the passphrase in force, null where there is none.
   * Throws SecretsLocked when it is another, and changes nothing then. Absent where a passphrase is not a person's to choose:
   * the system keeps the secrets.
   */
  protect?(current: string | null, next: string | null): Promise<void>
}

/** The store is there and will not open: wrong or missing passphrase, or another machine's key. The message says which. */
export class SecretsLocked extends Error {
  override readonly name = 'SecretsLocked'
}
