import { createClient } from 'graphrunner/client';

/** Runs the graph of `examples/approval`, tells of each event, and has `decide` answer what it asks. */
export async function review(url, code, decide, tell = console.log) {
  const client = createClient({ url, apiKey: process.env.GRAPHRUNNER_API_KEY });
  const { run_id } = await client.startRun({ graph_id: 'code-approval', input_data: { code } });
  for await (const event of client.watchRun(run_id)) {
    tell(event.type);
    if (event.type === 'wait.started' && event.wait.kind === 'input') {
      await client.answer(run_id, decide(event.wait.message));
    }
  }
  const { status, data } = await client.waitForRun(run_id);
  return { status, data };
}
