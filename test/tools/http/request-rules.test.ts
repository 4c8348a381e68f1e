import { describe, expect, it } from 'vitest';
import { followRedirect, type HttpRequest } from '../../../src/tools/http/request-rules.js';

const HEADERS = {
  authorization: 'Bearer k',
  cookie: 'a=b',
  'x-api-key': 'k',
  accept: 'text/html',
  'content-type': 'application/json',
  'idempotency-key': 'run/1',
};

function request(method: HttpRequest['method']): HttpRequest {
  return {
    method,
    url: new URL('https://a.example/x?y=1'),
    headers: HEADERS,
    body: method === 'POST' ? '{}' : undefined,
  };
}

describe('a redirect', () => {
  it.each([
    ['POST', 301, 'GET'],
    ['POST', 302, 'GET'],
    ['POST', 303, 'GET'],
    ['POST', 307, 'POST'],
    ['POST', 308, 'POST'],
    ['PUT', 301, 'PUT'],
    ['PUT', 302, 'PUT'],
    ['PUT', 303, 'GET'],
    ['DELETE', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
    ['GET', 301, 'GET'],
  ] as const)('of %s with %i is followed with %s', (method, status, then) => {
    const next = followRedirect(request(method), status, '/next');
    expect(next.method).toBe(then);
    expect(next.url.href).toBe('https://a.example/next');
    expect(next.body).toBe(then === 'POST' ? '{}' : undefined);
    expect('content-type' in next.headers).toBe(method === then);
    expect(next.headers.authorization).toBe('Bearer k');
  });

  it.each(['https://b.example/', 'http://a.example/', 'https://a.example:8443/'])(
    'to %s carries on no header that may hold credentials',
    (location) => {
      expect(followRedirect(request('POST'), 307, location).headers).toEqual({
        accept: 'text/html',
        'content-type': 'application/json',
        'idempotency-key': 'run/1',
      });
    },
  );

  it('is refused when it leads to no URL', () => {
    expect(() => followRedirect(request('GET'), 302, 'http://[')).toThrow('no URL');
  });
});
