/** How a model is asked to choose its words; what is left out is the model's own default. */
export interface Sampling {
  /** 0 is the likeliest word each time. */
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  /** Neutral at 1.0: Ollama's `repeat_penalty`, and what NIP-90's kind 5050 calls `frequency_penalty`. */
  readonly repeatPenalty?: number
  readonly seed?: number
}
