import { defineTool } from '../core/tool/tool.js';

/** Stands for the step that improves the code: it counts the round. */
export const generateImprovements = defineTool({
  name: 'generate_improvements',
  description: 'Adds 1 to review_round.',
  run({ data }) {
    const round = typeof data.review_round === 'number' ? data.review_round : 0;
    return { review_round: round + 1 };
  },
});
