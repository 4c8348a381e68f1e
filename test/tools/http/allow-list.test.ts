import { describe, expect, it } from 'vitest';
import { parseAllowList } from '../../../src/tools/http/allow-list.js';

describe('an allow list', () => {
  it.each([
    ['internal.example', 'internal.example', 80, '10.0.0.1', true],
    ['internal.example', 'INTERNAL.example.', 8080, '10.0.0.1', true],
    ['Internal.Example.', 'internal.example', 80, '10.0.0.1', true],
    ['internal.example', 'sub.internal.example', 80, '10.0.0.1', false],
    ['internal.example:8080', 'internal.example', 8080, '10.0.0.1', true],
    ['internal.example:8080', 'internal.example', 80, '10.0.0.1', false],
    ['bücher.example', 'xn--bcher-kva.example', 80, '10.0.0.1', true],
    ['127.0.0.1', '127.0.0.1', 80, '127.0.0.1', true],
    ['127.0.0.1', 'localhost', 80, '127.0.0.1', true],
    ['127.0.0.1', 'localhost', 80, '::ffff:127.0.0.1', true],
    ['127.0.0.1', 'localhost', 80, '::1', false],
    ['127.0.0.1:9000', 'localhost', 9000, '127.0.0.1', true],
    ['127.0.0.1:9000', 'localhost', 9001, '127.0.0.1', false],
    ['127.1', 'x', 1, '127.0.0.1', true],
    ['::1', 'localhost', 80, '::1', true],
    ['[::1]', 'localhost', 80, '0:0:0:0:0:0:0:1', false],
    ['[::1]:9000', '[::1]', 9000, '::1', true],
    ['[::1]:9000', '::1', 9001, '::1', false],
    ['10.0.0.0/8', 'x', 80, '10.255.0.1', true],
    ['10.0.0.0/8', 'x', 80, '11.0.0.1', false],
    ['10.0.0.0/8', 'x', 80, '::ffff:10.0.0.1', true],
    ['fd00::/8', 'x', 80, 'fd12::1', true],
    ['[fd00::]/8', 'x', 80, 'fd12::1', true],
    ['fd00::/8', 'x', 80, 'fe80::1', false],
  ])('with %s: %s port %i at %s: %s', (entry, host, port, address, allowed) => {
    expect(parseAllowList([entry]).allows(host, port, address)).toBe(allowed);
  });

  it('allows nothing when it is empty', () => {
    expect(parseAllowList([]).allows('localhost', 80, '127.0.0.1')).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    'fd00::/129',
    'host/8',
    '10.0.0.0/',
    'a b',
    'host:99999',
    'host:port',
    'http://host',
    'a@b',
    ':80',
    '',
  ])('refuses %j by name', (entry) => {
    expect(() => parseAllowList(['ok.example', entry])).toThrow(`HTTP_ALLOW: ${JSON.stringify(entry)}`);
  });
});
