import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { compileHook } from '../../../src/core/hook/compile.js';
import { type HookDefinition, hookDefinitionSchema } from '../../../src/core/hook/definition.js';
import { type Delivery, readDeliveryBody, scopeOf, shownHeaders, shownQuery } from '../../../src/core/hook/delivery.js';

const NONE = { scheme: 'none' };

function compile(document: object) {
  return finishSteps(compileHook(hookDefinitionSchema.parse(document) as HookDefinition));
}

function scope(delivery: Partial<Delivery> = {}) {
  return scopeOf({ body: null, headers: {}, query: {}, id: 'd', ...delivery });
}

describe('a hook', () => {
  it('starts a run with the body, if it does not say otherwise', () => {
    const { hook, problems } = compile({ action: 'start', graph_id: 'g', version: 3, verify: NONE });
    expect(problems).toEqual([]);
    expect(hook.order(scope({ body: { a: [1] } })).value).toEqual({
      action: 'start',
      graphId: 'g',
      version: 3,
      input: { a: [1] },
      metadata: {},
    });
  });

  it('sends signals and answers waits of the run that an expression names', () => {
    const to = { run_id: '${ body.run }', input: '${ query.x }', verify: NONE };
    const read = scope({ body: { run: 'r', wait: 'w' }, query: { x: '1' } });
    const signal = compile({ ...to, action: 'signal', signal: 'go' }).hook.order(read);
    expect(signal.value).toEqual({ action: 'signal', runId: 'r', signal: 'go', input: '1' });
    const answer = compile({ ...to, action: 'answer', wait_id: '${ body.wait }' }).hook.order(read);
    expect(answer.value).toEqual({ action: 'answer', runId: 'r', waitId: 'w', input: '1' });
    const any = compile({ ...to, action: 'answer' }).hook.order(read);
    expect(any.value).toEqual({ action: 'answer', runId: 'r', waitId: undefined, input: '1' });
  });

  it('writes metadata as text', () => {
    const metadata = { a: '${ body.n }', b: 'x ${ body.n }', c: '${ body }' };
    const { hook } = compile({ action: 'start', graph_id: 'g', metadata, verify: NONE });
    expect(hook.order(scope({ body: { n: 1 } })).value).toMatchObject({ metadata: { a: '1', b: 'x 1', c: '{"n":1}' } });
  });

  it.each([
    [{ action: 'start', graph_id: 'g', input: { a: ['${ body.b }'] } }, {}, '/input/a/0', /no key "b"/],
    [{ action: 'start', graph_id: 'g', input: '${ body.usr }' }, { user: 1 }, '/input', /no key "usr"/],
    [{ action: 'start', graph_id: 'g', metadata: { m: '${ body }' } }, 'x'.repeat(1001), '/metadata/m', /./],
    [{ action: 'signal', signal: 's', run_id: '${ body }' }, 5, '/run_id', /text/],
    [{ action: 'answer', run_id: 'r', wait_id: '${ body }' }, 5, '/wait_id', /text/],
  ])('has nothing to do with what does not fit: %j', (document, body, pointer, message) => {
    const { problem, value } = compile({ ...document, verify: NONE }).hook.order(scope({ body }));
    expect([problem?.pointer, problem?.message, value]).toEqual([pointer, expect.stringMatching(message), undefined]);
  });

  it('hints at what was probably meant', () => {
    const { hook } = compile({ action: 'start', graph_id: 'g', input: '${ body.usr }', verify: NONE });
    expect(hook.order(scope({ body: { user: 1 } })).problem?.hint).toBe('Did you mean "user"?');
  });

  it.each([
    [{ scheme: 'standard_webhooks', secret: 'S' }, undefined, 'w'],
    [{ scheme: 'github', secret: 'S' }, undefined, 'g'],
    [{ scheme: 'hmac_sha256', secret: 'S', header: 'x' }, undefined, null],
    [NONE, undefined, null],
    [NONE, '${ body.id }', 7],
    [NONE, '${ "" }', null],
    [NONE, 'fixed ${ body.id }', 'fixed 7'],
  ])('tells deliveries apart: %j %s', (verify, dedupe, id) => {
    const { hook } = compile({ action: 'start', graph_id: 'g', verify, ...(dedupe && { dedupe }) });
    const headers = { 'webhook-id': 'w', 'x-github-delivery': 'g' };
    expect(hook.identify(scope({ headers, body: { id: 7 } })).value).toEqual(id);
  });

  it('says when a delivery has no id', () => {
    const { hook } = compile({ action: 'start', graph_id: 'g', verify: { scheme: 'github', secret: 'S' } });
    expect(hook.identify(scope()).problem).toMatchObject({ pointer: '/dedupe', code: 'invalid_expression' });
  });

  it('takes no fault of the program for one of a delivery', () => {
    const broken = {
      ...scope(),
      get body(): never {
        throw new TypeError('a fault');
      },
    };
    expect(() => compile({ action: 'start', graph_id: 'g', verify: NONE }).hook.order(broken)).toThrow(TypeError);
  });

  it('makes another uuid() for each delivery', () => {
    const { hook } = compile({ action: 'start', graph_id: 'g', input: '${ uuid() }', verify: NONE });
    const [one, again, other] = ['a', 'a', 'b'].map((id) => hook.order(scope({ id })).value?.input);
    expect([one === again, one === other]).toEqual([true, false]);
  });

  it('has expressions over the delivery, and over nothing else', () => {
    const input = ['${ data.x }', '${ secrets.S }', '${ run.now }', '${ header.x }', '${ headers + 1 }'];
    const { problems } = compile({
      action: 'start',
      graph_id: 'g',
      input,
      dedupe: '${ [1].map(body, 1) }',
      verify: NONE,
    });
    const pointers = ['/dedupe', ...input.map((_, index) => `/input/${index}`)];
    expect(problems.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(problems[4]).toMatchObject({ hint: 'Did you mean "headers"?' });
  });
});

describe('a delivery', () => {
  const read = (text: string) => finishSteps(readDeliveryBody(text));

  it('has a body of JSON, or else of text', () => {
    expect(['{"a":1}', '\uFEFF[]', '"x"', 'x', '', '{"n":12345678901234567890}'].map(read)).toEqual([
      { a: 1 },
      [],
      'x',
      'x',
      '',
      { n: '12345678901234567890' },
    ]);
  });

  it.each([
    ['[1e999]', /too large/],
    [`${'['.repeat(101)}${']'.repeat(101)}`, /101|100 levels/],
    ['{"__proto__":1}', /__proto__/],
  ])('cannot have the body %.20s', (text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });

  it('has headers without keys, cookies and signatures', () => {
    const headers = {
      a: 'b',
      'set-cookie': ['c', 'd'],
      cookie: 'x',
      authorization: 'x',
      'x-sign': 'x',
      gone: undefined,
    };
    expect(shownHeaders(headers, ['x-sign'])).toEqual({ a: 'b', 'set-cookie': 'c, d' });
    expect(shownQuery({ a: ['1', '2'] })).toEqual({ a: ['1', '2'] });
  });
});
