import { expect, it } from 'vitest'
import { makeJob } from '#renderer/testing/sceneData.ts'
import { orderQueue } from './orderQueue.ts'

const job = (jobId: string, change: Parameters<typeof makeJob>[1] | object) => makeJob(1_000_000, { role: 'provider', final: false, ...change, jobId })

it('puts the working job first, then the queue by position, then who has not paid, and debts apart by age', () => {
  const jobs = [
    job('new', { state: 'asking', createdAt: 1 }),
    job('second', { state: 'queued', queuePosition: 2, createdAt: 2 }),
    job('debt-young', { state: 'owed', createdAt: 9 }),
    job('first', { state: 'queued', queuePosition: 1, createdAt: 3 }),
    job('unpaid', { state: 'invoiced', createdAt: 4 }),
    job('debt-old', { state: 'owed', createdAt: 5 }),
    job('busy', { state: 'working', createdAt: 6 }),
    job('over', { state: 'done', final: true }),
  ]
  const { live, debts } = orderQueue(jobs)
  expect(live.map((each) => each.jobId)).toEqual(['busy', 'first', 'second', 'unpaid', 'new'])
  expect(debts.map((each) => each.jobId)).toEqual(['debt-old', 'debt-young'])
})
