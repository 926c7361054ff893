/** The thread of a Spark wallet (wallet/spark/worker.ts) in a process of a crash test: an SDK that the test's operators answer, and that dies at its deeds. */
import { getEnvironmentData, parentPort } from 'node:worker_threads'
import { serveSdk } from '../../wallet/spark/serveSdk.ts'
import { loadDistantSdk } from '../../wallet/spark/testing/distantSdk.ts'
import { createPass } from './passPoints.ts'
import { PLAN_KEY, planSchema } from './plan.ts'

const { spark, killAt } = planSchema.parse(getEnvironmentData(PLAN_KEY))
if (spark === undefined) throw new Error('no operators were named')
const serve = serveSdk(() => loadDistantSdk({ ...spark, pass: createPass(killAt) }), (message) => parentPort?.postMessage(message, []))
parentPort?.on('message', (message: unknown) => void serve(message))
