import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The steps of a run of {@link WAITING}. */
export const STEPS = 10;

/** A loop of steps, each of which waits for as long as the input says, in milliseconds. */
export const WAITING = {
  graph_id: 'waiting',
  name: 'Waiting',
  entry_point: 'wait',
  nodes: [{ name: 'wait', tool_name: 'wait' }],
  edges: [],
  conditional_edges: [{ from_node: 'wait', condition_function: 'again' }],
};

const TOOLS = `
export const wait = {
  name: 'wait',
  async run({ data, input_data }) {
    if (input_data.ms > 0) await new Promise((resolve) => setTimeout(resolve, input_data.ms));
    return { steps: (data.steps ?? 0) + 1 };
  },
};
export const again = {
  name: 'again',
  outcomes: ['wait', 'END'],
  choose: ({ data }) => (data.steps < ${STEPS} ? 'wait' : 'END'),
};
`;

/** Loaded before a server: what it commits is told in its own process alone, and other servers find it by looking. */
const NO_HINTS = `
const { PostgresSignals } = await import(process.env.SIGNALS);
PostgresSignals.prototype.publish = function (signal) { this.options.local.publish(signal); };
PostgresSignals.prototype.announceWork = () => {};
`;

/** Puts the tools into the folder of a server; gives the settings that name them. */
export function writeTools(folder: string): Record<string, string> {
  writeFileSync(join(folder, 'waiting.mjs'), TOOLS);
  return { TOOLS: './waiting.mjs' };
}

/**
 * The settings of a server that tells others nothing. The program has none for it, so a part of it is replaced.
 * @param signals the URL of the built module with the signals
 */
export function withoutHints(folder: string, signals: string): Record<string, string> {
  const path = join(folder, 'no-hints.mjs');
  writeFileSync(path, NO_HINTS);
  return { NODE_OPTIONS: `--import=${path}`, SIGNALS: signals };
}
