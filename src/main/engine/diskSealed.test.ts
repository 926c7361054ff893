import { describeFailingDisk } from './testing/diskSuite.ts'

describeFailingDisk({ settlement: 'sealed', dialect: 'souk/1' })
