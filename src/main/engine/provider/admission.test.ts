import { expect, test } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { admitRequest, admitUnread, type AdmissionContext, type AskedFor } from './admission.ts'
import { DEFAULT_TERMS } from './defaultTerms.ts'

const asked: AskedFor = { kind: 5050, prompt: 'Hi', maxTokens: 100, model: null, bidMsat: null, refusal: null }
const context: AdmissionContext = {
  terms: { ...DEFAULT_TERMS, maxTokens: 50, maxPromptBytes: 64, concurrency: 1, queueLength: 1, maxOpenPerCustomer: 2 },
  offeredModels: ['llama3.2:latest', 'souk-toy'],
  queuedJobs: 0,
  unpaidJobs: 0,
  openJobsOfCustomer: 0,
}
const admit = (change: Partial<AskedFor>, contextChange: Partial<AdmissionContext> = {}) => {
  const admission = admitRequest({ ...asked, ...change }, { ...context, ...contextChange })
  return admission.accepted ? [admission.model, admission.maxTokens] : admission.reason
}

test('a request is taken as the model that it names, or the first, within the tokens that are offered', () => {
  expect([admit({}), admit({ model: 'souk-toy', maxTokens: 10 }), admit({ model: 'llama3.2' })]).toEqual([['llama3.2:latest', 50], ['souk-toy', 10], ['llama3.2:latest', 50]])
})

test('a prompt is measured in bytes, and may be exactly as long as is offered', () => {
  expect(admit({ prompt: 'é'.repeat(32) })).toEqual(['llama3.2:latest', 50])
  expect(admit({ prompt: 'é'.repeat(33) })).toContain('66 bytes, at most 64')
  expect(admit({ prompt: '' })).toContain('empty')
})

test('each refusal names what is wrong', () => {
  expect(admit({ kind: 5100 })).toContain('kind 5050 only')
  expect(admit({ model: 'gpt-9' })).toContain('Offered: llama3.2:latest, souk-toy')
  expect(admit({}, { offeredModels: [] })).toContain('no model')
  expect(admit({}, { openJobsOfCustomer: 2 })).toContain('at most 2')
  expect(admit({}, { queuedJobs: 2 })).toContain('queue is full')
})

test('what the prompt does not decide is decided before it is fetched', () => {
  const { kind, model, bidMsat } = asked
  const unread = (change: Partial<typeof asked>, contextChange: Partial<AdmissionContext> = {}) => admitUnread({ kind, model, bidMsat, ...change }, { ...context, ...contextChange })
  expect(unread({})).toEqual({ accepted: true, model: 'llama3.2:latest' })
  for (const refused of [unread({ kind: 5100 }), unread({ model: 'gpt-9' }), unread({ bidMsat: msat(1) }), unread({}, { openJobsOfCustomer: 2 }), unread({}, { queuedJobs: 2 }), unread({}, { unpaidJobs: 16 })]) {
    expect(refused.accepted).toBe(false)
  }
})

test('who has not paid takes no place from who has, and strangers cannot hold invoices without end', () => {
  expect(admit({}, { queuedJobs: 1, unpaidJobs: 15 })).toEqual(['llama3.2:latest', 50])
  expect(admit({}, { unpaidJobs: 16 })).toContain('wait for their payment')
})
