import { configureGlobal } from 'fast-check';

/**
 * The same cases at every run, so that a build fails only for what it changed. `FC_SEED=random` looks further, and
 * `FC_SEED=<number>` repeats what a failure printed.
 */
const seed = process.env.FC_SEED ?? '20261123';
if (seed !== 'random') configureGlobal({ seed: Number(seed) });
