import { describe, expect, it } from 'vitest';
import { type Actors, actorsAfterEnd, forgetActors, NO_ACTORS, noteActor } from '../../../src/core/run/actor.js';
import { openFork } from '../../../src/core/run/fork.js';
import { pause, unpause } from '../../../src/core/run/pause.js';
import { receiveSignal } from '../../../src/core/run/receive-signal.js';
import { answer, cancel, retry } from '../../../src/core/run/requests.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { wait } from '../../../src/core/tool/wait.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const asks = { name: 'asks', run: () => wait({ kind: 'input', message: '?' }) };
const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'asks' }] }, [asks]);

/** A run of alice that waits for an answer. */
function waiting(): RunDriver {
  const run = new RunDriver(graph, { submitted: { by: 'alice' } });
  run.finish();
  return run;
}

describe('the name of who asks', () => {
  it('is in the events of each request, and not there if nobody knows it', () => {
    const { state } = waiting();
    const begun = new RunDriver(graph);
    begun.advance();
    begun.append({ type: 'cancel.requested' });
    begun.finish();
    const isGraphDeleted = false;
    const requests = (actor: { by?: string }) => [
      cancel(state, actor).events,
      pause(state, actor).events,
      unpause({ ...state, paused: true }, actor).events,
      answer(state, { payload: 1, ...actor }, START).events,
      receiveSignal(state, { name: 's', payload: 1, ...actor }, START).events,
      retry(begun.state, { isGraphDeleted, ...actor }, START).events,
      openFork(state, graph, 'fork', START, actor).records.map(({ event }) => event),
    ];
    const namesOf = (actor: { by?: string }) =>
      requests(actor).map((events) => events?.map((event) => [event.type, 'by' in event, 'answered_by' in event]));
    expect(
      namesOf({})
        .flat(2)
        .filter((value) => value === true),
    ).toEqual([]);
    expect(namesOf({ by: 'bob' })).toEqual([
      [['run.cancelled', true, false]],
      [['pause.requested', true, false]],
      [['run.unpaused', true, false]],
      [['wait.ended', false, true]],
      [['signal.received', true, false]],
      [['run.retried', true, false]],
      [['run.submitted', true, false]],
    ]);
    expect(JSON.stringify(requests({ by: 'bob' })).match(/"(answered_)?by":"bob"/g)).toHaveLength(7);
  });

  it('is asked of a run at work too', () => {
    const run = new RunDriver(graph);
    run.advance();
    expect(cancel(run.state, { by: 'bob' })).toEqual({ events: [{ type: 'cancel.requested', by: 'bob' }] });
  });

  it('is in the state for as long as what was done holds', () => {
    const run = waiting();
    expect(run.state.actors).toEqual({ submitted: 'alice' });
    run.append({ type: 'pause.requested', by: 'bob' });
    expect(run.state.actors).toEqual({ submitted: 'alice', paused: 'bob' });
    run.append({ type: 'run.unpaused', by: 'carol' });
    expect(run.state.actors).toEqual({ submitted: 'alice' });
    run.append({ type: 'pause.requested', by: 'bob' }, { type: 'cancel.requested', by: 'carol' });
    run.append({ type: 'run.cancelled', logs: [], by: 'nobody who asked first' });
    expect(run.state.actors).toEqual({ submitted: 'alice', cancelled: 'carol' });
    run.append({ type: 'run.retried', by: 'dave' });
    expect(run.state.actors).toEqual({ submitted: 'alice' });
    run.append({ type: 'run.cancelled', logs: [], by: 'erin' });
    expect(run.state.actors).toEqual({ submitted: 'alice', cancelled: 'erin' });
  });

  it('of an answer is that of its step', () => {
    const answeredBy = (by: object) => {
      const run = waiting();
      run.append({ type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: 1, ...by });
      const reader = new StepReader(0);
      for (const record of run.records) reader.read(record);
      return reader.current?.answeredBy;
    };
    expect([answeredBy({ answered_by: 'bob' }), answeredBy({})]).toEqual(['bob', null]);
  });
});

describe('the actors of a run', () => {
  const paused: Actors = { submitted: 'alice', paused: 'bob' };

  it('are forgotten when somebody unknown does the same', () => {
    expect(noteActor(paused, 'paused', {})).toEqual({ submitted: 'alice' });
    expect(noteActor(paused, 'paused', { by: 'carol' })).toEqual({ submitted: 'alice', paused: 'carol' });
  });

  it('stay the same object if nothing is forgotten', () => {
    expect(forgetActors(NO_ACTORS, 'paused', 'cancelled')).toBe(NO_ACTORS);
    expect(forgetActors(paused, 'cancelled')).toBe(paused);
  });

  it('of a run that failed or completed are those who submitted it', () => {
    const state = { actors: { ...paused, cancelled: 'carol' }, cancelRequested: true };
    for (const type of ['run.completed', 'run.failed']) {
      expect(actorsAfterEnd(state, { type })).toEqual({ submitted: 'alice' });
    }
  });
});
