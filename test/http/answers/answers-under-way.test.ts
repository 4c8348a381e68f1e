import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AnswersUnderWay } from '../../../src/http/answers/answers-under-way.js';

const piece = (bytes: number) => Buffer.alloc(bytes);
const response = (destroyed = false) => Object.assign(new EventEmitter(), { destroyed }) as unknown as ServerResponse;
const busy = expect.objectContaining({ code: 'server_busy', retryAfterSeconds: expect.any(Number) });

describe('the answers under way', () => {
  it.each(['close', 'finish'])('are held until %s', (event) => {
    const underWay = new AnswersUnderWay(100);
    const first = response();
    underWay.hold([piece(60)], first);
    expect(() => underWay.hold([piece(60)], response())).toThrow(busy);
    first.emit(event);
    first.emit('close');
    underWay.hold([piece(60)], response());
    expect(() => underWay.hold([piece(60)], response())).toThrow(busy);
  });

  it('count once what they share, until the last of them has ended', () => {
    const underWay = new AnswersUnderWay(100);
    const shared = piece(90);
    const releases = Array.from({ length: 50 }, () => underWay.take([shared]));
    const last = releases.pop()!;
    for (const release of releases) release();
    expect(() => underWay.take([piece(20)])).toThrow(busy);
    last();
    last();
    underWay.take([piece(100)]);
  });

  it('let in a single one, however large, and none for a client that has gone', () => {
    const underWay = new AnswersUnderWay(100);
    underWay.hold([piece(1000)], response(true));
    underWay.hold([piece(1000)], response());
    expect(() => underWay.hold([piece(1)], response())).toThrow(busy);
  });

  it('let in what was done already, and count it', () => {
    const underWay = new AnswersUnderWay(100);
    const first = response();
    underWay.hold([piece(60)], first);
    underWay.hold([piece(60)], response(), { always: true });
    first.emit('close');
    expect(() => underWay.hold([piece(60)], response())).toThrow(busy);
  });
});
