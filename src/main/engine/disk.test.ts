import { describeFailingDisk } from './testing/diskSuite.ts'

describeFailingDisk({ settlement: 'prepay', dialect: 'channel' }, { settlement: 'prepay', dialect: 'souk/1' })
