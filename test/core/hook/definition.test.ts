import { describe, expect, it } from 'vitest';
import { UnreadableError } from '../../../src/core/base/stored.js';
import { hookDefinitionSchema, readHookDefinition } from '../../../src/core/hook/definition.js';

const START = { action: 'start', graph_id: 'g', verify: { scheme: 'none' } };

describe('the document of a hook', () => {
  it.each([
    START,
    { ...START, version: 2, metadata: { a: '${ body }' }, enabled: false, dedupe: '${ body.id }', input: null },
    { action: 'signal', run_id: '${ body.run }', signal: 'go', verify: { scheme: 'github', secret: 'S' } },
    { action: 'answer', run_id: 'r', wait_id: 'w', verify: { scheme: 'hmac_sha256', secret: 'S', header: 'x-sign' } },
    { ...START, verify: { scheme: 'github', secret: 'S', header: 'X-Other' } },
    { ...START, verify: { scheme: 'standard_webhooks', secret: 's_1' } },
  ])('is taken, and read back as it was stored: %j', (document) => {
    expect(hookDefinitionSchema.parse(document)).toEqual(document);
    expect(readHookDefinition(JSON.stringify(document))).toEqual(document);
  });

  it.each([
    [{ ...START, graph_id: undefined }, 'graph_id'],
    [{ ...START, signal: 'go' }, 'signal'],
    [{ action: 'signal', run_id: 'r', verify: START.verify }, 'signal'],
    [{ action: 'signal', signal: 'go', verify: START.verify }, 'run_id'],
    [{ action: 'answer', run_id: 'r', version: 1, verify: START.verify }, 'version'],
    [{ ...START, verify: { scheme: 'none', secret: 'S' } }, 'verify.secret'],
    [{ ...START, verify: { scheme: 'none', header: 'x' } }, 'verify.header'],
    [{ ...START, verify: { scheme: 'github' } }, 'verify.secret'],
    [{ ...START, verify: { scheme: 'github', secret: '1S' } }, 'verify.secret'],
    [{ ...START, verify: { scheme: 'github', secret: 'S', header: 'x y' } }, 'verify.header'],
    [{ ...START, verify: { scheme: 'hmac_sha256', secret: 'S' } }, 'verify.header'],
    [{ ...START, verify: { scheme: 'standard_webhooks', secret: 'S', header: 'x' } }, 'verify.header'],
    [{ ...START, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])) }, 'metadata'],
    [{ ...START, metadata: { a: '' } }, 'metadata.a'],
  ])('is refused: %j', (document, path) => {
    expect(hookDefinitionSchema.safeParse(document).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it.each(['{', '{"action":"later"}', '[]'])('cannot be read from %s', (text) => {
    expect(() => readHookDefinition(text)).toThrow(UnreadableError);
  });
});
