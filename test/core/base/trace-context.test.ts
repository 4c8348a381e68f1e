import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent, readTraceContext } from '../../../src/core/base/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;

describe('a traceparent', () => {
  it('names a span, and is made of one', () => {
    const span = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
    expect(parseTraceparent(PARENT)).toEqual(span);
    expect(formatTraceparent(span)).toBe(PARENT);
  });

  it('of a later version is read as far as it is known, and passed on in the first', () => {
    expect(readTraceContext(`cc-${TRACE}-${SPAN}-ff-what-comes`, undefined)).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-03`,
    });
  });

  it.each([
    '',
    'x',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    PARENT.toUpperCase(),
    `cc-${TRACE}-${SPAN}-01more`,
    `${PARENT}, ${PARENT}`,
  ])('that is not valid counts as none: %j', (text) => {
    expect(readTraceContext(text, 'a=1')).toBeUndefined();
  });

  it('that is not there is none, whatever the tracestate says', () => {
    expect(readTraceContext(undefined, 'a=1')).toBeUndefined();
  });
});

describe('a tracestate', () => {
  it.each([
    'a=1',
    'rojo=00f067aa0ba902b7, congo=t61rcWkgMzE',
    'fw529a3039@dt=FfAB',
    'a=1,,b=2',
    `a=${'x'.repeat(256)}`,
  ])('is kept: %s', (tracestate) => {
    expect(readTraceContext(PARENT, tracestate)).toEqual({ traceparent: PARENT, tracestate });
  });

  it.each([
    '',
    'a',
    'A=1',
    'a=',
    'a=1=2',
    'a=ä',
    `a=${'x'.repeat(257)}`,
    Array.from({ length: 33 }, (_, index) => `a${index}=1`).join(','),
    Array.from({ length: 3 }, (_, index) => `a${index}=${'x'.repeat(200)}`).join(','),
  ])('that is not valid, or too long, is dropped without the traceparent: %j', (tracestate) => {
    expect(readTraceContext(PARENT, tracestate)).toEqual({ traceparent: PARENT });
  });
});
