/**
 * The one Electron channel that the contract travels on, both ways, with two arguments: the connection's id, which
 * the page makes up anew for every connection, and a message's text, or null for the connection's end.
 */
export const ELECTRON_CHANNEL = 'souk:ipc'
export const MAX_CONNECTION_ID_CHARS = 64
