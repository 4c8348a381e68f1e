import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOOK_SHAPE } from '../../src/core/hook/definition.js';
import { scheduleDefinitionSchema } from '../../src/core/schedule/definition.js';
import { relative, span } from '../../src/web/format.js';
import { curlCommand, HOOK_EXAMPLE, replaceHook, replaceSchedule } from '../../src/web/triggers/documents.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

describe('what the page sends to enable or disable', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ secrets: { KEY: 'plain' } });
  });
  afterAll(() => server.stop());

  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
    const answer = await server.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: answer.statusCode, body: answer.json() };
  };

  it('is the whole schedule, with every field that there is', async () => {
    const given = {
      schedule_id: 'all-of-it',
      graph_id: 'demo-review',
      version: 1,
      cron: '0 9 * * *',
      time_zone: 'Europe/Berlin',
      input_data: { deep: [null, 1] },
      metadata: { team: 'blue' },
      limits: { max_steps: 7 },
      overlap: 'allow',
      catch_up_seconds: 9,
      enabled: true,
    };
    // Fails for a field that is new: it must come back from the page too.
    const fields = Object.keys(scheduleDefinitionSchema.shape).filter((field) => field !== 'every_seconds');
    expect(Object.keys(given).sort()).toEqual(fields.sort());
    const { status, body } = await call('POST', '/schedules', given);
    expect(status).toBe(201);
    expect(replaceSchedule(body, false)).toEqual({ ...given, enabled: false });
    const replaced = await call('PUT', '/schedules/all-of-it', replaceSchedule(body, false));
    expect(replaced).toMatchObject({ status: 200, body: { ...given, enabled: false, next: [] } });
  });

  it('omits what a schedule does not have', async () => {
    const { body } = await call('POST', '/schedules', { graph_id: 'demo-review', every_seconds: 60 });
    expect(Object.keys(replaceSchedule(body, false))).not.toContain('cron');
    const replaced = await call('PUT', `/schedules/${body.schedule_id}`, replaceSchedule(body, false));
    expect(replaced).toMatchObject({ status: 200, body: { every_seconds: 60, cron: null, version: null } });
  });

  it('is the whole hook, with every field that its action can have', async () => {
    const verify = { scheme: 'hmac_sha256', secret: 'KEY', header: 'x-signature' };
    const common = { input: { a: '${ body }' }, dedupe: '${ body.id }', verify, enabled: false };
    const hooks = [
      {
        hook_id: 'one',
        action: 'start',
        graph_id: 'demo-review',
        version: 1,
        metadata: { a: '${ body.a }' },
        ...common,
      },
      { hook_id: 'two', action: 'signal', run_id: '${ body.run }', signal: 'paid', ...common },
      { hook_id: 'three', action: 'answer', run_id: '${ body.run }', wait_id: '${ body.wait }', ...common },
    ];
    expect(new Set(hooks.flatMap(Object.keys))).toEqual(new Set(['hook_id', ...Object.keys(HOOK_SHAPE)]));
    for (const hook of hooks) {
      const { body } = await call('POST', '/hooks', hook);
      expect(replaceHook(body, true)).toEqual({ ...hook, enabled: true });
      const replaced = await call('PUT', `/hooks/${hook.hook_id}`, replaceHook(body, true));
      expect(replaced).toMatchObject({ status: 200, body: { ...hook, enabled: true } });
    }
  });
});

describe('a command to copy', () => {
  it('goes to the server that the page is of, below its path, with a key if one is needed', () => {
    const base = 'https://public.example/flows/#/hooks';
    expect(curlCommand(HOOK_EXAMPLE, base, false)).toMatch(
      /^curl -s 'https:\/\/public\.example\/flows\/hooks' -H 'Con/,
    );
    expect(curlCommand(HOOK_EXAMPLE, base, true)).toContain(' -H "Authorization: Bearer $API_KEY" ');
  });

  it('cannot be broken out of by an address', () => {
    const { href } = new URL("http://public.example/it's;rm -r/");
    expect(curlCommand({ path: 'hooks', body: {} }, href, false)).toContain(
      "'http://public.example/it%27s;rm%20-r/hooks'",
    );
  });
});

describe('how often a schedule is due', () => {
  it.each([
    [1, '1 s'],
    [90, '1 min 30 s'],
    [3600, '1 h'],
    [93_784, '1 d 2 h 3 min 4 s'],
  ])('%d seconds are "%s"', (seconds, text) => expect(span(seconds)).toBe(text));
});

describe('how far away a moment is', () => {
  it.each([
    [0, 'now'],
    [400, 'now'],
    [-12_000, '12 s ago'],
    [59_400, 'in 59 s'],
    [60_000, 'in 1 min'],
    [3_599_000, 'in 59 min'],
    [3_600_000, 'in 1 h'],
    [-11_400_000, '3 h 10 min ago'],
    [86_400_000 * 4 + 7_200_000, 'in 4 d 2 h'],
    [86_400_000 * 4 + 60_000, 'in 4 d'],
  ])('%d ms is "%s"', (ms, text) => {
    const now = Date.UTC(2026, 10, 27);
    expect(relative(new Date(now + ms).toISOString(), now)).toBe(text);
  });
});
