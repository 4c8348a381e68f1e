import isDeepEqual from 'fast-deep-equal';
import type { EventRecord } from '../run/events.js';
import { type Recording, submittedOf } from './recording.js';
import type { Divergence } from './replayed.js';
import type { Graphs } from './setting.js';

/** True for a run whose start asks the schema of its graph: forks keep the input of another run, and children are not started. */
function isAsked(recording: Recording, { own, as }: Graphs): boolean {
  const { parent } = submittedOf(recording);
  return parent === undefined && own !== as && !recording.records.some(({ event }) => event.type === 'run.forked');
}

/** How a run differs that the other graph would not have started, with the input that it has; `undefined` if it would. */
export function refuseInput(recording: Recording, graphs: Graphs): Omit<Divergence, 'at'> | undefined {
  if (!isAsked(recording, graphs)) return undefined;
  const [problem] = graphs.as.inputSchema?.accept(submittedOf(recording).input_data).problems ?? [];
  if (problem === undefined) return undefined;
  const { pointer, message } = problem;
  const text = `is not started: its input does not fit the input_schema${pointer === '' ? '' : ` at ${pointer}`}`;
  const wouldBe = { text, value: { code: 'invalid_input', message } };
  return { of: 'end', was: { text: 'is started with its input' }, wouldBe, read: [] };
}

/** The first event of a run with the defaults that the other graph has for its input. Every other event as it is. */
export function withInputOf(record: EventRecord, recording: Recording, graphs: Graphs): EventRecord {
  const { event } = record;
  const { inputSchema } = graphs.as;
  if (event.type !== 'run.submitted' || inputSchema === undefined || !isAsked(recording, graphs)) return record;
  const { value } = inputSchema.accept(event.input_data);
  return isDeepEqual(value, event.input_data) ? record : { ...record, event: { ...event, input_data: value } };
}
