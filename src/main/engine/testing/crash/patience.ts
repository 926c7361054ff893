/** Far more than anything takes alone: the machine may be busy with the other tests. */
export const PATIENCE_MS = 60_000
