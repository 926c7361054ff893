import { Page } from '#renderer/ui/Page.tsx'

export default function WalletPage() {
  return <Page title="Wallet">{null}</Page>
}
