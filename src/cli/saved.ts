import { assertNever } from '../core/base/assert-never.js';
import type { Verdict } from './findings.js';
import { inOneLine } from './output.js';

/** What became of a graph in a file. */
export type Saved = Verdict & {
  /** `refused`: it has errors. */
  readonly result: 'created' | 'updated' | 'unchanged' | 'refused';
  readonly graphId: string | undefined;
  readonly version: number | undefined;
};

/** What became of a graph, in words. */
export function describeSaved({ file: path, result, graphId, version }: Saved): string {
  const file = inOneLine(path);
  switch (result) {
    case 'created':
      return `${file}: created ${graphId}, version ${version}`;
    case 'updated':
      return `${file}: saved ${graphId}, version ${version}`;
    case 'unchanged':
      return `${file}: ${graphId} is as it was, version ${version}`;
    case 'refused':
      return `${file}: not saved`;
    default:
      return assertNever(result);
  }
}
