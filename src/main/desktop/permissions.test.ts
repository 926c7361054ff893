import { describe, expect, it } from 'vitest'
import { pageUrlCheck } from './pageScheme.ts'
import { guardContents, guardSession, isSafeExternalUrl, type GuardedContents, type GuardedSession } from './permissions.ts'

const log = () => undefined

function guardedContents() {
  const listeners: Record<string, ((details: { url: string; preventDefault(): void }) => void) | undefined> = {}
  const opened: string[] = []
  let openWindow: (details: { url: string }) => { action: 'deny' } = () => expect.fail('no handler')
  const contents: GuardedContents = {
    on: (event: string, listener: (details: { url: string; preventDefault(): void }) => void) => (listeners[event] = listener),
    setWindowOpenHandler: (handler) => (openWindow = handler),
  }
  guardContents(contents, { isPageUrl: pageUrlCheck(), openExternal: (url) => opened.push(url), log })
  const isPrevented = (event: string, url: string) => {
    let prevented = false
    listeners[event]?.({ url, preventDefault: () => (prevented = true) })
    return prevented
  }
  return { opened, isPrevented, openWindow: (url: string) => openWindow({ url }) }
}

describe('the guard of what a window holds', () => {
  it.each(['will-frame-navigate', 'will-redirect'])('keeps the page at home on %s', (event) => {
    const { isPrevented } = guardedContents()
    expect(isPrevented(event, 'souk://app/index.html#/sell')).toBe(false)
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'souk://evil/', 'javascript:alert(1)', 'data:text/html,x', 'not an address']) expect(isPrevented(event, url)).toBe(true)
  })

  it('lets no guest page in', () => {
    expect(guardedContents().isPrevented('will-attach-webview', '')).toBe(true)
  })

  it('opens no window, and only a safe web address in the person’s browser', () => {
    const { openWindow, opened } = guardedContents()
    for (const url of ['https://example.org/a', 'http://example.org/', 'file:///bin/sh', 'smb://server/share', 'https://user:pass@example.org/', 'souk://app/', `https://example.org/${'x'.repeat(3_000)}`]) expect(openWindow(url)).toEqual({ action: 'deny' })
    expect(opened).toEqual(['https://example.org/a'])
  })

  it('knows a safe address', () => {
    expect(['https://example.org', 'HTTPS://example.org', 'ms-msdt:/id', '', 'https:'].map(isSafeExternalUrl)).toEqual([true, true, false, false, false])
  })
})

function guardedSession() {
  let onRequest: Parameters<GuardedSession['setPermissionRequestHandler']>[0] = () => expect.fail('no handler')
  let onCheck: Parameters<GuardedSession['setPermissionCheckHandler']>[0] = () => expect.fail('no handler')
  let onDevice: () => boolean = () => expect.fail('no handler')
  let onLoad: Parameters<GuardedSession['webRequest']['onBeforeRequest']>[0] = () => expect.fail('no handler')
  guardSession(
    {
      setPermissionRequestHandler: (handler) => (onRequest = handler),
      setPermissionCheckHandler: (handler) => (onCheck = handler),
      setDevicePermissionHandler: (handler) => (onDevice = handler),
      webRequest: { onBeforeRequest: (listener) => (onLoad = listener) },
    },
    { isPageUrl: pageUrlCheck(), log },
  )
  return {
    asks(permission: string, requestingUrl = 'souk://app/', isMainFrame = true) {
      let granted: boolean | undefined
      onRequest({}, permission, (answer) => (granted = answer), { requestingUrl, isMainFrame })
      expect(onCheck({}, permission, requestingUrl, { isMainFrame })).toBe(granted)
      return granted
    },
    device: () => onDevice(),
    loads(url: string) {
      let cancelled: boolean | undefined
      onLoad({ url }, ({ cancel }) => (cancelled = cancel))
      return !cancelled
    },
  }
}

describe('the guard of the session', () => {
  it('grants our page copying and notifications, and nothing else', () => {
    const session = guardedSession()
    expect([session.asks('clipboard-sanitized-write'), session.asks('notifications')]).toEqual([true, true])
    for (const permission of ['media', 'geolocation', 'clipboard-read', 'hid', 'usb', 'serial', 'midi', 'openExternal', 'fileSystem', 'display-capture', 'unknown']) expect(session.asks(permission)).toBe(false)
    expect(session.device()).toBe(false)
  })

  it('grants nothing to another page or to a frame within', () => {
    const session = guardedSession()
    expect(session.asks('notifications', 'https://evil.example/')).toBe(false)
    expect(session.asks('notifications', '')).toBe(false)
    expect(session.asks('notifications', 'souk://app/', false)).toBe(false)
  })

  it('loads nothing but what is ours', () => {
    const session = guardedSession()
    expect(['souk://app/assets/index.js', 'data:image/png;base64,', 'blob:souk://app/1', 'devtools://devtools/x'].map((url) => session.loads(url))).toEqual([true, true, true, true])
    expect(['https://evil.example/pixel.png', 'http://127.0.0.1:11434/', 'ws://evil.example/', 'file:///etc/passwd', 'souk://evil/'].map((url) => session.loads(url))).toEqual([false, false, false, false, false])
  })
})
