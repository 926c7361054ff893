export type { Handlers, StateSource } from '#shared/ipc/handlers.ts'
