import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fingerprint, isSameFingerprint, patchFingerprint, ZERO } from '../../../src/core/base/fingerprint.js';
import { freezeJson, type JsonObject } from '../../../src/core/base/json.js';

/** The fingerprint of data that was built up by patches. */
function fingerprintAfter(...patches: JsonObject[]): Fingerprint {
  let data: JsonObject = {};
  let fingerprint = ZERO;
  for (const patch of patches) {
    fingerprint = patchFingerprint(fingerprint, data, freezeJson(patch));
    data = { ...data, ...patch };
  }
  return fingerprint;
}

const objects = fc
  .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

describe('the fingerprint of data', () => {
  it('is the same however the data came about, and whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.array(objects, { minLength: 1, maxLength: 5 }), (patches) => {
        const data = Object.assign({}, ...patches) as JsonObject;
        const turned = Object.fromEntries(Object.entries(data).reverse());
        expect(fingerprintAfter(...patches)).toEqual(fingerprintAfter(turned));
      }),
    );
  });

  it('differs if the data differs', () => {
    fc.assert(
      fc.property(objects, objects, (one, other) => {
        const isSame = isSameFingerprint(fingerprintAfter(one), fingerprintAfter(other));
        expect(isSame).toBe(sorted(one) === sorted(other));
      }),
    );
  });

  it.each<[JsonObject, JsonObject]>([
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, {}],
    [{ a: null }, { a: false }],
    [{ a: [] }, { a: {} }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: [[1], 2] }, { a: [1, [2]] }],
    [{ a: ['', ''] }, { a: [''] }],
    [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ],
    [{ a: { b: 1 } }, { b: { a: 1 } }],
    [{ a: 'x'.repeat(1000) }, { a: `${'x'.repeat(999)}y` }],
  ])('tells %j from %j', (one, other) => {
    expect(isSameFingerprint(fingerprintAfter(one), fingerprintAfter(other))).toBe(false);
  });

  it('comes back when the data does', () => {
    const draft = fingerprintAfter({ text: 'a', state: 'draft' });
    expect(fingerprintAfter({ text: 'a', state: 'draft' }, { state: 'review' }, { state: 'draft' })).toEqual(draft);
    expect(fingerprintAfter({ text: 'a', state: 'draft' }, { text: 'a' })).toEqual(draft);
  });

  it('works the same patch out once for the same data, and again for other data', () => {
    const patch = freezeJson<JsonObject>({ a: 2 });
    const one = { a: 1 };
    const first = patchFingerprint(ZERO, one, patch);
    expect(patchFingerprint(ZERO, one, patch)).toBe(first);
    expect(patchFingerprint(ZERO, { a: 3 }, patch)).not.toEqual(first);
    expect(patchFingerprint([1, 1], one, patch)).not.toEqual(first);
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
