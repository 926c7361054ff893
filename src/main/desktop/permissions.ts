/** What a page in our window may not do: go elsewhere, open windows, ask for devices, load from anywhere but us. */
import type { Log } from '#engine/ports.ts'

interface Preventable {
  preventDefault(): void
}
interface Navigation extends Preventable {
  readonly url: string
}
/** The part of WebContents used here. */
export interface GuardedContents {
  on(event: 'will-frame-navigate', listener: (details: Navigation) => void): unknown
  on(event: 'will-redirect', listener: (details: Navigation) => void): unknown
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown
  setWindowOpenHandler(handler: (details: { readonly url: string }) => { action: 'deny' }): void
}
export interface GuardedSession {
  setPermissionRequestHandler(handler: (contents: unknown, permission: string, callback: (granted: boolean) => void, details: { readonly requestingUrl: string; readonly isMainFrame: boolean }) => void): void
  setPermissionCheckHandler(handler: (contents: unknown, permission: string, requestingOrigin: string, details: { readonly isMainFrame: boolean }) => boolean): void
  setDevicePermissionHandler(handler: () => boolean): void
  readonly webRequest: { onBeforeRequest(listener: (details: { readonly url: string }, callback: (response: { cancel: boolean }) => void) => void): void }
}

export interface ContentsGuardOptions {
  readonly isPageUrl: (url: string) => boolean
  /** Opens an address in the person's own browser. */
  readonly openExternal: (url: string) => void
  readonly log: Log
}

/** Copying what is shown, and saying that an answer is there: all that the page needs. */
const ALLOWED_PERMISSIONS = new Set(['clipboard-sanitized-write', 'notifications'])
const MAX_URL_CHARS = 2_000

/** A web address that a person may be sent to: anything else could start a program. */
export function isSafeExternalUrl(address: string): boolean {
  if (address.length > MAX_URL_CHARS || !URL.canParse(address)) return false
  const url = new URL(address)
  return url.protocol === 'https:' && url.username === '' && url.password === ''
}

/** To be called for every web contents that comes to be, whoever made it. */
export function guardContents(contents: GuardedContents, { isPageUrl, openExternal, log }: ContentsGuardOptions): void {
  const stay = (details: Navigation) => {
    if (isPageUrl(details.url)) return
    details.preventDefault()
    log('warn', 'desktop: the page was kept from going elsewhere', { origin: originOf(details.url) })
  }
  contents.on('will-frame-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (isSafeExternalUrl(url)) openExternal(url)
    else log('warn', 'desktop: an address was not opened', { origin: originOf(url) })
    return { action: 'deny' }
  })
}

/** Once for the session that windows live in. */
export function guardSession(session: GuardedSession, { isPageUrl, log }: Pick<ContentsGuardOptions, 'isPageUrl' | 'log'>): void {
  const allows = (permission: string, url: string, isMainFrame: boolean) => ALLOWED_PERMISSIONS.has(permission) && isMainFrame && isPageUrl(url)
  session.setPermissionRequestHandler((_contents, permission, callback, details) => callback(allows(permission, details.requestingUrl, details.isMainFrame)))
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, details) => allows(permission, requestingOrigin, details.isMainFrame))
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest(({ url }, callback) => {
    const cancel = !isLocalResource(url, isPageUrl)
    if (cancel) log('warn', 'desktop: the page was kept from loading', { origin: originOf(url) })
    callback({ cancel })
  })
}

/** The page's own files and what it made itself; the developer tools are files of the browser. */
function isLocalResource(address: string, isPageUrl: (url: string) => boolean): boolean {
  if (isPageUrl(address) || /^(data|blob|devtools|chrome-extension):/.test(address)) return true
  // The development server speaks over WebSocket too.
  return address.startsWith('ws') && isPageUrl(address.replace(/^ws/, 'http'))
}

/** Where an address leads, for the log: without the path, which may tell more than it should. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol + new URL(address).host.slice(0, 100) : 'no address'
}
