import type { Hook, Schedule } from '../wire-types.js';

/** What the page sends to have a schedule or a hook enabled or disabled: its whole document, as a PUT replaces it. */

/** The document of a schedule, as it was read, but enabled or not. What it does not have is omitted. */
export function replaceSchedule(schedule: Schedule, enabled: boolean): Record<string, unknown> {
  const { next, last, created_at, updated_at, ...document } = schedule;
  const fields = Object.entries(document).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(fields), enabled };
}

/** The document of a hook, as it was read, but enabled or not. */
export function replaceHook(hook: Hook, enabled: boolean): Record<string, unknown> {
  const { delivery_path, delivery_url, refusals, created_at, updated_at, ...document } = hook;
  return { ...document, enabled };
}

/** A request that makes one of something: a path of the API, and its body. */
export interface Example {
  readonly path: string;
  readonly body: object;
}

export const SCHEDULE_EXAMPLE: Example = {
  path: 'schedules',
  body: {
    schedule_id: 'weekdays',
    graph_id: 'demo-review',
    cron: '0 9 * * MON-FRI',
    time_zone: 'Europe/Berlin',
    input_data: 'def tidy(): pass',
  },
};

export const HOOK_EXAMPLE: Example = {
  path: 'hooks',
  body: {
    hook_id: 'pushes',
    action: 'start',
    graph_id: 'demo-review',
    input: '${ toJson(body) }',
    verify: { scheme: 'github', secret: 'GITHUB' },
  },
};

export const CALLBACK_EXAMPLE: Example = {
  path: 'graph/run',
  body: {
    graph_id: 'demo-review',
    input_data: 'def tidy(): pass',
    notify: [{ url: 'https://receiver.example/callback', on: ['completed', 'failed'], secret: 'CALLBACKS' }],
  },
};

export const QUESTION_EXAMPLES: readonly Example[] = [
  {
    path: 'graph/create',
    body: {
      graph_id: 'ask-me',
      name: 'Ask me',
      entry_point: 'ask',
      nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'May it go out?' } }],
    },
  },
  { path: 'graph/run', body: { graph_id: 'ask-me' } },
];

/** A command for a shell that sends an example to the server at a URL, with a key if it needs one. */
export function curlCommand({ path, body }: Example, base: string, needsKey: boolean): string {
  const url = new URL(path, base).href.replaceAll("'", '%27');
  const key = needsKey ? ' -H "Authorization: Bearer $API_KEY"' : '';
  return `curl -s '${url}'${key} -H 'Content-Type: application/json' -d '${JSON.stringify(body, null, 2)}'`;
}
