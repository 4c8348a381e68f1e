import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKey, readSignature, signatureHeadersOf } from '../../../src/core/hook/signature.js';

const NOW = Date.UTC(2026, 5, 1, 12);
const SECONDS = NOW / 1000;
const A = Buffer.alloc(32, 1);
const B = Buffer.alloc(32, 2);
const STANDARD = { verify: { scheme: 'standard_webhooks', secret: 'S' } } as const;
const GITHUB = { verify: { scheme: 'github', secret: 'S' } } as const;
const PLAIN = { verify: { scheme: 'hmac_sha256', secret: 'S', header: 'X-Sign' } } as const;

function standard(signature: string | string[], time: number | string = SECONDS, id = 'msg_1') {
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': signature };
}
const v1 = (bytes: Buffer) => `v1,${bytes.toString('base64')}`;

describe('the signature of a delivery', () => {
  it('is not looked for if nothing is signed', () => {
    expect(readSignature({ verify: { scheme: 'none' } }, {}, NOW)).toEqual({ kind: 'unsigned' });
  });

  it.each([
    [v1(A), [A]],
    [`${v1(A)} ${v1(B)}`, [A, B]],
    [
      [v1(A), v1(B)],
      [A, B],
    ],
    [`v1a,${'A'.repeat(88)} ${v1(B)}`, [B]],
    [Array(30).fill(v1(A)).join(' '), Array(20).fill(A)],
  ])('of Standard Webhooks is read: %j', (header, signatures) => {
    const read = readSignature(STANDARD, standard(header), NOW);
    expect(read).toEqual({ kind: 'signed', before: `msg_1.${SECONDS}.`, signatures });
  });

  it.each([-300, 300])('can be %i seconds away', (seconds) => {
    expect(readSignature(STANDARD, standard(v1(A), SECONDS + seconds), NOW).kind).toBe('signed');
    expect(readSignature(STANDARD, standard(v1(A), SECONDS + seconds * 1.01), NOW).kind).toBe('refused');
  });

  it.each([
    [STANDARD, {}, /no webhook-id/],
    [STANDARD, standard(v1(A), SECONDS, ' '), /no webhook-id/],
    [STANDARD, standard(v1(A), SECONDS, 'a.b'), /point/],
    [STANDARD, { 'webhook-id': 'a' }, /no webhook-timestamp/],
    [STANDARD, standard(v1(A), '-1'), /seconds/],
    [STANDARD, { 'webhook-id': 'a', 'webhook-timestamp': String(SECONDS) }, /no webhook-signature/],
    [STANDARD, standard(A.toString('base64')), /no signature by HMAC/],
    [STANDARD, standard('v1,AAAA'), /no signature by HMAC/],
    [GITHUB, {}, /no x-hub-signature-256/],
    [GITHUB, { 'x-hub-signature-256': 'sha256=00' }, /no signature by HMAC/],
    [PLAIN, { 'x-sign': '' }, /no x-sign/],
    [PLAIN, { 'x-sign': '_'.repeat(44) }, /no signature by HMAC/],
  ] as const)('is refused: %j %j', (hook, headers, reason) => {
    expect(readSignature(hook, headers, NOW)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  it.each([
    [GITHUB, { 'x-hub-signature-256': `sha256=${A.toString('hex')}` }],
    [{ verify: { ...GITHUB.verify, header: 'X-Other' } }, { 'x-other': A.toString('hex') }],
    [PLAIN, { 'x-sign': A.toString('hex').toUpperCase() }],
    [PLAIN, { 'x-sign': A.toString('base64') }],
    [PLAIN, { 'x-sign': A.toString('base64url') }],
  ] as const)('by a plain HMAC is read: %j %j', (hook, headers) => {
    expect(readSignature(hook, headers, NOW)).toEqual({ kind: 'signed', before: '', signatures: [A] });
  });

  it('has 32 bytes whatever somebody sends, and reading it does not throw', () => {
    const header = fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 }), fc.constant(undefined));
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256', 'x-sign'];
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, header])), { requiredKeys: [] });
    fc.assert(
      fc.property(fc.constantFrom(STANDARD, GITHUB, PLAIN), headers, (hook, given) => {
        const read = readSignature(hook, given, NOW);
        if (read.kind === 'signed') for (const bytes of read.signatures) expect(bytes).toHaveLength(32);
        else expect(read.kind).toBe('refused');
      }),
    );
  });

  it('is in headers that expressions do not see', () => {
    expect(signatureHeadersOf(PLAIN.verify)).toEqual(['x-sign']);
    expect(signatureHeadersOf(GITHUB.verify)).toEqual(['x-hub-signature-256', 'x-hub-signature']);
    expect(signatureHeadersOf(STANDARD.verify)).toEqual(['webhook-signature']);
    expect(signatureHeadersOf({ scheme: 'none' })).toEqual([]);
  });
});

describe('the key of a secret', () => {
  it('is the secret itself, or what is in base64 behind whsec_', () => {
    expect(readKey('github', 'S', ' a ').key).toEqual(Buffer.from(' a '));
    const text = Buffer.alloc(24, 7).toString('base64');
    for (const value of [`whsec_${text}`, text, `whsec_${text}\n`]) {
      expect(readKey('standard_webhooks', 'S', value).key).toEqual(Buffer.alloc(24, 7));
    }
  });

  it.each([
    ['github', undefined, /Set SECRET_S/],
    ['hmac_sha256', ' ', /Set SECRET_S/],
    ['standard_webhooks', 'whsec_', /Copy it from the sender to SECRET_S/],
    ['standard_webhooks', 'whsec_é', /whsec_/],
    ['standard_webhooks', 'whsec_c2hvcnQ=', /16 bytes/],
  ] as const)('is missing: %s %s', (scheme, value, problem) => {
    expect(readKey(scheme, 'S', value)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
