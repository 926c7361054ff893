import { Page } from '#renderer/ui/Page.tsx'

export default function ActivityPage() {
  return <Page title="Activity">{null}</Page>
}
