import { describeFailingDisk } from './testing/diskSuite.ts'

describeFailingDisk({ settlement: 'escrow', dialect: 'channel' }, { settlement: 'escrow', dialect: 'souk/1' })
