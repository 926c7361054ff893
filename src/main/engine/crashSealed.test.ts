import { describeCrashes } from './testing/crash/crashSuite.ts'

describeCrashes({ settlement: 'sealed' })
