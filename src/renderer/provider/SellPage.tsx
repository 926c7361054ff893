import { Page } from '#renderer/ui/Page.tsx'

export default function SellPage() {
  return <Page title="Sell">{null}</Page>
}
