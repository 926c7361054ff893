/** Runs sandboxed before the page: built into one CommonJS file, which is all that a sandboxed preload may be. */
import { contextBridge, ipcRenderer } from 'electron'
import { createBridge } from './bridge.ts'

const makeId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

contextBridge.exposeInMainWorld('souk', createBridge(ipcRenderer, makeId))
