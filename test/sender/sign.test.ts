import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { SigningError, signedHeaders } from '../../src/sender/sign.js';
import { HOOK_SECRET } from '../helpers/receiver.js';

const BODY = '{"type":"run.completed","data":{"text":"größe \\u0000"}}';

describe('a callback', () => {
  it('is signed as the example of the specification is', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries, the test that all libraries share.
    const webhook = new Webhook('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const time = new Date(1_614_265_330_000);
    const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', time.getTime(), '{"test": 2432232314}', {
      name: 'HOOK',
      secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    expect(headers['webhook-signature']).toBe(
      webhook.sign('msg_p5jXN8AQM9LWM0D4loKWxJek', time, '{"test": 2432232314}'),
    );
  });

  it.each([HOOK_SECRET, HOOK_SECRET.slice('whsec_'.length), ` ${HOOK_SECRET}\n`, 'YQ==', 'YQ'])(
    'is one that the library of the specification takes, with the secret %j',
    (secret) => {
      const headers = signedHeaders('msg_1', Date.now(), BODY, { name: 'HOOK', secret });
      const padded = secret.trim() === 'YQ' ? 'YQ==' : secret.trim();
      expect(new Webhook(padded).verify(BODY, headers)).toEqual(JSON.parse(BODY));
      expect(() => new Webhook(padded).verify(`${BODY} `, headers)).toThrow();
    },
  );

  it.each([
    ['is not set', undefined],
    ['is not base64', 'no base64!'],
    ['is not base64', 'whsec_'],
  ])('is not signed with a secret that %s', (why, secret) => {
    const sign = () => signedHeaders('msg_1', 0, BODY, { name: 'HOOK', secret });
    expect(sign).toThrow(SigningError);
    expect(sign).toThrow(`The secret "HOOK" ${why}.`);
    if (secret !== undefined) expect(sign).not.toThrow(secret);
  });
});
