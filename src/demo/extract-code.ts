import { defineTool } from '../core/tool/tool.js';
import { functionNames, sourceOf } from './python-source.js';

/** Finds the functions in the code, and opens the first round of review. */
export const extractCode = defineTool({
  name: 'extract_code',
  description: 'Lists the functions that the Python code in input_data defines, and sets review_round to 0.',
  run({ input_data }) {
    return { functions: functionNames(sourceOf(input_data)), review_round: 0 };
  },
});
