/** The paced backend's one model. */
export const BENCH_MODEL = 'bench:paced'
