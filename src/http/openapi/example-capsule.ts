/**
 * A capsule for the documentation, which works unchanged on a new server: a run of one step. Its digest is that of all that stands
 * here.
 */
export const CAPSULE = {
  capsule: 1,
  exported_at: '2026-01-31T09:30:00.000Z',
  release: '1.0.0',
  graphs: [
    {
      graph_id: 'greeting',
      version: 1,
      definition: {
        name: 'Greeting',
        entry_point: 'greet',
        nodes: [
          {
            name: 'greet',
            tool_name: 'set_data',
            params: {
              values: {
                greeting: 'Hello',
              },
            },
          },
        ],
        edges: [],
      },
    },
  ],
  run: {
    run_id: '01a205f7-8f38-775c-952c-00447c059553',
    graph_id: 'greeting',
    graph_version: 1,
    status: 'COMPLETED',
    metadata: {},
    started_by: {
      kind: 'api',
      id: null,
    },
    submitted_at: '2026-01-01T00:00:00.000Z',
    finished_at: '2026-01-01T00:00:03.000Z',
    current_node: 'greet',
    waiting_for: null,
    error: null,
    step_count: 1,
    data: {
      greeting: 'Hello',
    },
  },
  events: [
    {
      seq: 1,
      time: '2026-01-01T00:00:00.000Z',
      type: 'run.submitted',
      payload: {
        graph_id: 'greeting',
        graph_version: 1,
        input_data: null,
        limits: {
          max_steps: 10,
        },
        metadata: {},
      },
    },
    {
      seq: 2,
      time: '2026-01-01T00:00:01.000Z',
      type: 'run.started',
      payload: {
        next: 'greet',
      },
    },
    {
      seq: 3,
      time: '2026-01-01T00:00:02.000Z',
      type: 'step.completed',
      payload: {
        step: 1,
        node: 'greet',
        attempt: 1,
        patch: {
          greeting: 'Hello',
        },
        logs: [],
        decision: null,
        next: null,
      },
    },
    {
      seq: 4,
      time: '2026-01-01T00:00:03.000Z',
      type: 'run.completed',
      payload: {
        reason: 'no_edge',
      },
    },
  ],
  children: [],
  digest: 'sha256:063812fa3a10b2cf25f98e2efe9b6736fa93f27a3299f02479c35f695ddacf24',
};
