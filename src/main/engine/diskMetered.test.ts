import { describeFailingDisk } from './testing/diskSuite.ts'

describeFailingDisk({ settlement: 'metered', dialect: 'souk/1' })
