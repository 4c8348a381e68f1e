import { describe, expect, it } from 'vitest';
import { AnswerTokens } from '../../src/engine/answer-tokens.js';

const RUN = '019ab0f4-5c00-7000-8000-000000000000';

/** A run that waits. */
function waitingRun(id: string, { runId = RUN, kind = 'input' } = {}) {
  const wait = { id, kind } as never;
  return { runId, phase: { kind: 'waiting', at: {}, wait } as never };
}

describe('tokens of approval links', () => {
  const tokens = new AnswerTokens('a key');
  const token = tokens.tokenOf(waitingRun('w3'))!;

  it('are read back as the run and the wait that they are for, by whoever has the key', () => {
    expect(token).toMatch(/^[\w-]{49}[AQgw]$/);
    expect(new AnswerTokens('a key').tokenOf(waitingRun('w3'))).toBe(token);
    for (const waitId of ['w1', 'w3', 'w999999999999']) {
      const read = new AnswerTokens('a key').read(tokens.tokenOf(waitingRun(waitId))!);
      expect(read).toEqual({ runId: RUN, waitId });
    }
  });

  it('differ by key, run and wait, in their 128 secret bits too', () => {
    const other = '019ab0f4-5c00-7000-8000-000000000001';
    const all = [
      token,
      tokens.tokenOf(waitingRun('w4')),
      tokens.tokenOf(waitingRun('w3', { runId: other })),
      new AnswerTokens('b key').tokenOf(waitingRun('w3')),
    ];
    const secrets = all.map((each) => Buffer.from(each!, 'base64url').subarray(16, 32).toString('hex'));
    expect(new Set(secrets).size).toBe(4);
    expect(secrets[0]).toHaveLength(32);
    expect(new AnswerTokens('b key').read(token)).toBeUndefined();
  });

  it('are refused if one bit is another', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(tokens.read(changed.toString('base64url')), `bit ${bit}`).toBeUndefined();
    }
  });

  it('are refused in any other form', () => {
    // The last character has bits that say nothing: one spelling is right.
    const last = { A: 'B', Q: 'R', g: 'h', w: 'x' }[token.at(-1)!]!;
    const base64 = Buffer.from(token, 'base64url').toString('base64');
    const others = ['', 'x', token.slice(1), `${token}A`, `${token}\n`, ` ${token}`, token.slice(0, -1) + last, base64];
    expect(others.map((each) => tokens.read(each))).toEqual(others.map(() => undefined));
  });

  it('are there only for waits that a person answers', () => {
    expect(tokens.tokenOf(waitingRun('w3', { kind: 'signal' }))).toBeNull();
    expect(tokens.tokenOf(waitingRun('w3', { kind: 'timer' }))).toBeNull();
    expect(tokens.tokenOf(waitingRun('x3'))).toBeNull();
    expect(tokens.tokenOf(waitingRun('w3', { runId: 'no-uuid' }))).toBeNull();
    expect(
      tokens.tokenOf({ runId: RUN, phase: { kind: 'completed', cursor: null, finishedAt: 1 } as never }),
    ).toBeNull();
  });
});
