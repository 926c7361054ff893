/** What the page itself remembers: where the person is. Nothing here is the engine's truth. */
import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'
import type { JobState, Owed, Role } from '#shared/ipc/common.ts'
import type { Selection } from '#shared/ipc/customer.ts'
import type { Settings } from '#shared/ipc/settings.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { SectionId } from '#renderer/settings/settingsSections.ts'

export const PAGES = ['buy', 'sell', 'wallet', 'activity', 'settings'] as const
export type PageName = (typeof PAGES)[number]
export type Theme = Settings['theme']

/** The key of what was not yet asked in no thread at all. */
export const NEW_THREAD = 'new'

export interface ActivityFilter {
  readonly role: Role | 'all'
  readonly state: JobState | 'any'
  readonly settlement: Settlement | 'any'
  readonly owed: Owed | 'any'
  readonly search: string
}
export const ALL_ACTIVITY: ActivityFilter = { role: 'all', state: 'any', settlement: 'any', owed: 'any', search: '' }

export interface ViewState {
  page: PageName
  /** The open thread; undefined is a new one. */
  threadId: string | undefined
  /** The job whose timeline Activity shows. */
  activityJob: { jobId: string; role: Role } | undefined
  /** A copy of the engine's setting, so that the first paint has the right colours. */
  theme: Theme
  /** Which jobs Activity shows: kept from page to page, and gone with this window. */
  activityFilter: ActivityFilter
  /** Where Settings opens; undefined: at its top. */
  settingsSection: SectionId | undefined
  /** What was typed and not sent, by thread id or `NEW_THREAD`. */
  drafts: Readonly<Record<string, string>>
  /** Who answers next. */
  selection: Selection
  /** The most that an open request may cost; undefined: the limit per job. */
  openLimitMsat: Msat | undefined
  paletteOpen: boolean
  directoryOpen: boolean

  showPage: (page: PageName) => void
  showSettings: (section: SectionId) => void
  openThread: (threadId: string | undefined) => void
  openTimeline: (jobId: string, role: Role) => void
  closeTimeline: () => void
  filterActivity: (change: Partial<ActivityFilter>) => void
  setTheme: (theme: Theme) => void
  setDraft: (key: string, text: string) => void
  setSelection: (selection: Selection) => void
  setOpenLimit: (limit: Msat) => void
  setPaletteOpen: (open: boolean) => void
  setDirectoryOpen: (open: boolean) => void
}

const MAX_DRAFTS = 50

export const useView = create<ViewState>()(
  persist(
    (set) => ({
      page: 'buy',
      threadId: undefined,
      activityJob: undefined,
      theme: 'system',
      activityFilter: ALL_ACTIVITY,
      settingsSection: undefined,
      drafts: {},
      selection: { by: 'cheapest' },
      openLimitMsat: undefined,
      paletteOpen: false,
      directoryOpen: false,

      showPage: (page) => set({ page, settingsSection: undefined }),
      showSettings: (settingsSection) => set({ page: 'settings', settingsSection }),
      openThread: (threadId) => set({ page: 'buy', threadId }),
      openTimeline: (jobId, role) => set({ page: 'activity', activityJob: { jobId, role } }),
      closeTimeline: () => set({ activityJob: undefined }),
      filterActivity: (change) => set(({ activityFilter }) => ({ activityFilter: { ...activityFilter, ...change } })),
      setTheme: (theme) => set({ theme }),
      setDraft: (key, text) => set((state) => ({ drafts: keepDraft(state.drafts, key, text) })),
      setSelection: (selection) => set({ selection }),
      setOpenLimit: (openLimitMsat) => set({ openLimitMsat }),
      setPaletteOpen: (paletteOpen) => set({ paletteOpen }),
      setDirectoryOpen: (directoryOpen) => set({ directoryOpen }),
    }),
    {
      name: 'souk-view',
      version: 1,
      storage: createJSONStorage(() => localStorage),
      partialize: ({ page, threadId, theme, drafts, selection, openLimitMsat }) => ({ page, threadId, theme, drafts, selection, openLimitMsat }),
    },
  ),
)

/** The newest draft goes last; the oldest are forgotten, so that the storage stays small. */
export function keepDraft(drafts: Readonly<Record<string, string>>, key: string, text: string): Record<string, string> {
  const { [key]: _replaced, ...others } = drafts
  const entries = Object.entries(others).slice(-(MAX_DRAFTS - 1))
  return text === '' ? Object.fromEntries(entries) : { ...Object.fromEntries(entries), [key]: text }
}
