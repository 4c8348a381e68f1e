import { describe, expect, it } from 'vitest';
import { type NotifyTarget, notifySchema, resolveNotify } from '../../../src/core/base/notify.js';

const target = (more: object = {}) => ({ url: 'https://a.example/hook', on: ['completed'], secret: 'HOOK', ...more });

describe('the targets of a document', () => {
  it.each([
    'https://a.example/hook?key=1',
    'http://127.0.0.1:9000/',
    'HTTPS://A.example',
    'https://xn--bcher-kva.example/%E2%82%AC',
    `https://a.example/${'x'.repeat(1982)}`,
  ])('can have the URL %s', (url) => {
    expect(notifySchema.safeParse([target({ url })]).success).toBe(true);
  });

  it.each([
    ['with a NUL', 'https://a.example/\0'],
    ['with half of a surrogate pair', 'https://a.example/\ud800'],
    ['with a letter beyond ASCII', 'https://bücher.example/'],
    ['with a space', 'https://a.example/a b'],
    ['of another scheme', 'file:///etc/passwd'],
    ['without a host', 'https://'],
    ['with a port that is none', 'https://a.example:99999/'],
    ['with a password', 'https://user:pass@a.example/'],
    ['with a user', 'https://user@a.example/'],
    ['with a fragment', 'https://a.example/#top'],
    ['with an expression', 'https://a.example/${data.x}'],
    ['that is too long', `https://a.example/${'x'.repeat(1983)}`],
  ])('cannot have a URL %s', (_what, url) => {
    const { error } = notifySchema.safeParse([target({ url })]);
    expect(error?.issues.map(({ path }) => path)).toContainEqual([0, 'url']);
  });

  it('are told of something known, are signed with a secret that has a name, and are ten at most', () => {
    for (const bad of [{ on: [] }, { on: ['started'] }, { secret: '' }, { secret: '9a' }, { secret: 'a b' }, { to: 1 }])
      expect(notifySchema.safeParse([target(bad)]).success, JSON.stringify(bad)).toBe(false);
    expect(notifySchema.safeParse([]).success).toBe(true);
    expect(notifySchema.safeParse(Array.from({ length: 10 }, () => target())).success).toBe(true);
    expect(notifySchema.safeParse(Array.from({ length: 11 }, () => target())).success).toBe(false);
  });
});

describe('the targets of a run', () => {
  const of = (url: string, on: NotifyTarget['on'], secret = 'HOOK'): NotifyTarget => ({ url, on, secret });

  it('are none if nobody names one', () => {
    expect(resolveNotify()).toBeUndefined();
    expect(resolveNotify([], [])).toBeUndefined();
  });

  it('are those of the graph, and then those of the start', () => {
    const [one, other] = [of('https://a.example', ['failed']), of('https://b.example', ['limit'])];
    expect(resolveNotify([one], [other])).toEqual([one, other]);
    expect(resolveNotify([one])).toEqual([one]);
    expect(resolveNotify(undefined, [other])).toEqual([other]);
  });

  it('are one that is told of everything, if the same is named twice with one secret', () => {
    const graph = [of('https://a.example', ['failed', 'completed']), of('https://a.example', ['limit'], 'OTHER')];
    expect(resolveNotify(graph, [of('https://a.example', ['cancelled', 'failed'])])).toEqual([
      of('https://a.example', ['completed', 'failed', 'cancelled']),
      of('https://a.example', ['limit'], 'OTHER'),
    ]);
  });
});
