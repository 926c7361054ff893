import { purchaseTimeline } from '#engine/customer/purchaseView.ts'
import type { PurchaseEvent } from '#engine/customer/purchase.ts'
import type { Engine } from '#engine/engine.ts'
import { answerOf, saleTimeline } from '#engine/provider/saleView.ts'
import type { SaleEvent } from '#engine/provider/sale.ts'
import type { InputOf, PayloadOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>

export function activityHandlers({ journal, customer, threads, receipts, jobChanged }: Engine) {
  return {
    requests: {
      'activity.list': ({ limit, ...page }: Input<'activity.list'>) => {
        const rows = journal.list({ ...page, limit: limit + 1 })
        return ok({ rows: rows.slice(0, limit), more: rows.length > limit })
      },
      'activity.timeline': ({ jobId, role }: Input<'activity.timeline'>) => {
        const job = journal.row(role, jobId)
        if (!job) return fail('no-job', 'There is no such job here.')
        const events = journal.events(role, jobId).map((stored) => stored.body)
        if (role === 'provider') {
          const sale = events as SaleEvent[] // Written by the sale machine alone.
          const prompt = sale.find((event) => event.type === 'requested')?.request.prompt ?? ''
          return ok({ job, prompt, answer: answerOf(sale), entries: saleTimeline(sale) })
        }
        const purchase = events as PurchaseEvent[] // Written by the purchase machine alone.
        const prompt = purchase.find((event) => event.type === 'asked')?.request.prompt ?? ''
        const threadId = threads.turn(jobId)?.threadId
        const isThere = threadId !== undefined && threads.get(threadId) !== null
        return ok({ job, prompt, answer: customer.answer(jobId), ...(isThere ? { threadId } : {}), entries: purchaseTimeline(purchase) })
      },
      'activity.receipts': (job: Input<'activity.receipts'>) => {
        const kept = receipts.ofJob(job)
        const report = receipts.check(job)
        if (kept === null || report === null) return fail('no-job', 'There is no such job here.')
        const refused = report.refused.map(({ reason }) => ({ verdict: 'contradicted' as const, text: reason }))
        const strays = report.strays.map((text) => ({ verdict: 'contradicted' as const, text }))
        return ok({ receipts: [...kept.receipts], isGood: report.isGood, findings: [...report.jobs.flatMap(({ findings }) => findings), ...refused, ...strays] })
      },
      'activity.exportReceipts': ({ before, limit }: Input<'activity.exportReceipts'>) => {
        const jobs = receipts.page({ before, limit: limit + 1 }).map(({ jobId, role, createdAt, own, other }) => ({ jobId, role, createdAt, receipts: [own, other].filter((event) => event !== null) }))
        return ok({ jobs: jobs.slice(0, limit), more: jobs.length > limit })
      },
    },
    events: {
      'activity.changed': (listener: (payload: PayloadOf<SoukContract['activity.changed']>) => void) => jobChanged.listen((row) => listener({ row })),
    },
  }
}
