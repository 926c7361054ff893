import { expect, test } from 'vitest'
import { watchOperator } from './operatorTraffic.ts'

test('only the operator counts, and a call that failed under a 200 is no answer', async () => {
  const answers = [new Response('', { headers: { 'grpc-status': '0' } }), new Response('', { headers: { 'grpc-status': '16' } }), new Response('', { status: 503 }), new Response('')]
  const watched = watchOperator(() => {
    const answer = answers.shift()
    return answer === undefined ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve(answer)
  }, new Set(['operator.example']))
  const counts = []
  for (const url of ['https://operator.example/a', 'https://operator.example/b', 'https://operator.example/c', 'https://elsewhere.example/d']) {
    await watched.fetch(new Request(url))
    counts.push(watched.traffic())
  }
  await expect(watched.fetch('https://operator.example/e')).rejects.toThrow('fetch failed')
  await expect(watched.fetch('https://elsewhere.example/f')).rejects.toThrow('fetch failed')
  expect(counts).toEqual([{ answered: 1, failed: 0 }, { answered: 1, failed: 1 }, { answered: 1, failed: 2 }, { answered: 1, failed: 2 }])
  expect(watched.traffic()).toEqual({ answered: 1, failed: 3 })
})
