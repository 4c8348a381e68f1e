import type { components } from '../../client/client.js';
import { inOneLine } from '../output.js';

type WaitKind = components['schemas']['WaitKind'];

/** What a run waits for, as events and states say it. */
export interface WaitInfo {
  readonly kind: WaitKind;
  /** The question. */
  readonly message?: string | null | undefined;
  readonly signal?: string | null | undefined;
  /** Milliseconds since 1970, or a time as text. */
  readonly until?: number | string | null | undefined;
}

/** What a run waits for, and the command that ends the wait, if a person can. */
export function describeAnswer(wait: WaitInfo, runId: string): string {
  const command = answerCommand(wait, runId);
  return command === undefined ? describeWait(wait) : `${describeWait(wait)}: ${command}`;
}

/** Completes the phrase "waits ...". */
export function describeWait({ kind, message, signal, until }: WaitInfo): string {
  switch (kind) {
    case 'input':
      return message === null || message === undefined ? 'for an answer' : `for an answer to ${quote(message)}`;
    case 'signal':
      return `for the signal ${signal ?? ''}`;
    case 'timer':
      return until === null || until === undefined ? 'for a time' : `until ${new Date(until).toISOString()}`;
    case 'retry':
      return 'for the next attempt';
    case 'graph':
      return 'for another graph';
    case 'branches':
      return 'for its branches';
    case 'paused':
      return 'for somebody to unpause it';
    case 'limit':
      return 'for a higher limit';
  }
}

/** The command to type; undefined if no command ends the wait. */
export function answerCommand({ kind, signal }: WaitInfo, runId: string): string | undefined {
  if (kind === 'input') return `graphrunner resume ${runId} JSON`;
  if (kind === 'limit') return `graphrunner resume ${runId} '{ "limits": { ... } }'`;
  if (kind === 'signal') return `graphrunner signal ${runId} ${signal ?? 'NAME'} JSON`;
  return kind === 'paused' ? `graphrunner unpause ${runId}` : undefined;
}

function quote(text: string): string {
  return `"${inOneLine(text)}"`;
}
