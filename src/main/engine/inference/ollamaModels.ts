import { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'
import type { Model } from './backend.ts'

const MAX_MODELS = 500
const size = z.number().int().nonnegative().optional().catch(undefined)
const shortText = z.string().max(120).optional().catch(undefined)

/** One entry of GET /api/tags. Only the name must be there: what a server leaves out is unknown, not an error. */
const tagSchema = z.object({
  name: z.string().min(1).max(200).regex(/^[^\s\p{Cc}]+$/u),
  size,
  digest: shortText,
  remote_host: z.string().optional().catch('unreadable'),
  remote_model: z.string().optional().catch('unreadable'),
  details: z.object({ parameter_size: shortText, quantization_level: shortText, family: shortText }).optional().catch(undefined),
})
export type TagEntry = z.output<typeof tagSchema>

const showSchema = z.object({
  capabilities: z.array(z.string().max(60)).max(50).optional().catch(undefined),
  model_info: z.record(z.string(), z.unknown()).optional().catch(undefined),
  remote_host: z.string().optional().catch('unreadable'),
  remote_model: z.string().optional().catch('unreadable'),
})

/** What POST /api/show says about one digest. */
export interface ModelTraits {
  readonly contextTokens: number | null
  /** It writes text on this machine: neither an embedding model nor another computer's. */
  readonly isSellable: boolean
  readonly thinks: boolean
}

/** The entries of a /api/tags answer that can be read, null when it is no such answer. One odd entry does not hide the others. */
export function parseTags(answer: unknown): readonly TagEntry[] | null {
  const list = safeParse(z.object({ models: z.array(z.unknown()).nullable() }), answer)
  if (!list.success) return null
  const entries: TagEntry[] = []
  for (const item of (list.data.models ?? []).slice(0, MAX_MODELS)) {
    const entry = safeParse(tagSchema, item)
    if (entry.success) entries.push(entry.data)
  }
  return entries
}

/** Names that Ollama gives to models which run on its own servers: "gpt-oss:120b-cloud", "glm-4.6:cloud". */
export function isCloudName(name: string): boolean {
  return /[-:]cloud$/i.test(name)
}

/** A cloud model is listed among the local ones; selling it would resell another company's service and send it the prompts. */
export function isCloudEntry(entry: Pick<TagEntry, 'name' | 'remote_host' | 'remote_model'>): boolean {
  return isCloudName(entry.name) || isFilled(entry.remote_host) || isFilled(entry.remote_model)
}

/** Null when the answer is not one of /api/show. */
export function parseShow(answer: unknown, entry: Pick<TagEntry, 'name' | 'details'>): ModelTraits | null {
  const show = safeParse(showSchema, answer)
  if (!show.success) return null
  const { capabilities, model_info: info, remote_host, remote_model } = show.data
  // Servers before 0.6.4 name no capabilities: there the family tells embedding models.
  const writesText = capabilities === undefined ? !/bert|embed/i.test(`${entry.details?.family ?? ''} ${entry.name}`) : capabilities.includes('completion')
  return {
    contextTokens: readContextTokens(info ?? {}),
    isSellable: writesText && !isCloudName(entry.name) && !isFilled(remote_host) && !isFilled(remote_model),
    thinks: capabilities?.includes('thinking') ?? false,
  }
}

export function toModel(entry: TagEntry, traits: ModelTraits): Model {
  return {
    name: entry.name,
    sizeBytes: entry.size ?? null,
    quantization: textOrNull(entry.details?.quantization_level),
    parameters: textOrNull(entry.details?.parameter_size),
    contextTokens: traits.contextTokens,
    digest: textOrNull(entry.digest),
  }
}

function readContextTokens(info: Readonly<Record<string, unknown>>): number | null {
  const architecture = info['general.architecture']
  const value = typeof architecture === 'string' ? info[`${architecture}.context_length`] : undefined
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

function isFilled(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === '' || text === 'unknown' ? null : text
}
