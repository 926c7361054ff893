import { Page } from '#renderer/ui/Page.tsx'

export default function BuyPage() {
  return <Page title="Buy">{null}</Page>
}
