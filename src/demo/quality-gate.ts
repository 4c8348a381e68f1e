import { END } from '../core/graph/definition.js';
import { defineCondition } from '../core/tool/tool.js';

const GOOD_ENOUGH_BELOW = 10;

/** Ends the review when the code is simple enough. */
export const qualityGate = defineCondition({
  name: 'quality_gate',
  description: 'END when complexity_score is below 10, improve otherwise.',
  outcomes: [END, 'improve'],
  choose({ data }) {
    const score: unknown = data.complexity_score;
    // Without a score the loop would never end.
    if (typeof score !== 'number') throw new Error('complexity_score is not set; run check_complexity first');
    return score < GOOD_ENOUGH_BELOW ? END : 'improve';
  },
});
