import { Activity, MessageSquareText, Settings, Store, Wallet, type LucideIcon } from 'lucide-react'
import { lazy, type ComponentType } from 'react'
import type { PageName } from '#renderer/state/view.ts'

export interface PageEntry {
  readonly name: PageName
  readonly label: string
  readonly icon: LucideIcon
  readonly component: ComponentType
}

/** The pages in the order of the rail; ⌘/Ctrl-1…5 follow it. */
export const PAGE_ENTRIES: readonly PageEntry[] = [
  { name: 'buy', label: 'Buy', icon: MessageSquareText, component: lazy(() => import('#renderer/customer/BuyPage.tsx')) },
  { name: 'sell', label: 'Sell', icon: Store, component: lazy(() => import('#renderer/provider/SellPage.tsx')) },
  { name: 'wallet', label: 'Wallet', icon: Wallet, component: lazy(() => import('#renderer/wallet/WalletPage.tsx')) },
  { name: 'activity', label: 'Activity', icon: Activity, component: lazy(() => import('#renderer/activity/ActivityPage.tsx')) },
  { name: 'settings', label: 'Settings', icon: Settings, component: lazy(() => import('#renderer/settings/SettingsPage.tsx')) },
]
