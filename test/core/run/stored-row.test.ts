import { expect, it } from 'vitest';
import { readData, readMetadata, readRunError } from '../../../src/core/run/stored-row.js';

it('metadata is read if it maps texts to texts', () => {
  expect(readMetadata('{"a":"b"}')).toEqual({ a: 'b' });
  expect(['{', '[]', 'null', '{"a":1}'].map(readMetadata)).toEqual([undefined, undefined, undefined, undefined]);
});

it('data is read if it is an object', () => {
  expect(readData('{"a":[1]}')).toEqual({ a: [1] });
  expect(['{', '[]', 'null'].map(readData)).toEqual([undefined, undefined, undefined]);
});

it('an error that cannot be read says so', () => {
  const error = { code: 'tool_failed', message: 'no', node: null, step: 2 };
  expect(readRunError(JSON.stringify(error))).toEqual(error);
  for (const stored of ['{', '{"code":"x"}', '1']) {
    expect(readRunError(stored)).toMatchObject({ code: 'run_unreadable', node: null, step: null });
  }
});
