import { expect, it } from 'vitest';
import { modelIn } from '../../../src/core/tool/param-schemas.js';
import { defineTool, MODEL_PARAM } from '../../../src/core/tool/tool.js';

const asks = defineTool({ name: 'asks', [MODEL_PARAM]: 'model', run: () => undefined });

it('the model that a tool asks is the text of the param that it names', () => {
  expect(modelIn(asks, { model: 'small' })).toBe('small');
  expect(modelIn(asks, { model: 1 })).toBeUndefined();
  expect(modelIn(asks, 'small')).toBeUndefined();
  expect(modelIn(defineTool({ name: 'plain', run: () => undefined }), { model: 'small' })).toBeUndefined();
});
