/** The way from a page to the engine, whatever carries it: a WebSocket in a browser, Electron's IPC in the desktop window. */
export interface Transport {
  /** Starts one attempt. After `onClose` the client may call `open` again. */
  open(handlers: TransportHandlers): void
  /** Hands over one encoded message. Ignored while not open. */
  send(data: unknown): void
  /** Ends the attempt or the connection. */
  close(): void
}

export interface TransportHandlers {
  onOpen(): void
  /** One message as it came; the client parses it. */
  onMessage(data: unknown): void
  /** Called once per `open`, also when it never opened. `reason` is for a log. */
  onClose(reason: string): void
}

/** What the desktop's preload puts on `window.souk`: text in, text out, nothing of Electron's. */
export interface SoukBridge {
  /** Opens a connection to the engine, in place of the page's earlier one. Returns its end. */
  connect(onMessage: (text: string) => void, onClose: (reason: string) => void): () => void
  send(text: string): void
}
