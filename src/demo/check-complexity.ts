import { defineTool } from '../core/tool/tool.js';
import { cyclomaticNumber, sourceOf } from './python-source.js';

const POINTS_PER_PATH = 5;
/** What a round of review takes off: it stands for the improvement that the round made. */
const POINTS_PER_ROUND = 5;

/** Scores the code. The score falls with each round of review, so that the loop ends. */
export const checkComplexity = defineTool({
  name: 'check_complexity',
  description:
    "Sets complexity_score: 5 times McCabe's cyclomatic number of the Python code, less 5 per review round, at least 0.",
  run({ input_data, data }, { log }) {
    const round = typeof data.review_round === 'number' ? data.review_round : 0;
    const paths = cyclomaticNumber(sourceOf(input_data));
    const score = Math.max(0, POINTS_PER_PATH * paths - POINTS_PER_ROUND * round);
    log(`Calculated complexity score: ${score} (Round ${round})`);
    return { complexity_score: score };
  },
});
