import type { RunView } from '../../engine/engine.js';

export interface PublicOptions {
  /** What people reach the server by, without a slash at its end. Without it there are no approval links. */
  readonly publicUrl?: string | undefined;
}

/** The approval link of a wait, as states show it. */
export interface ShownLink {
  readonly token: string;
  readonly answer_url: string;
}

/**
 * The approval link that a state shows.
 * @param publicUrl undefined for whoever must not see it: who sees the token of a wait can answer it
 */
export function linkOf({ answerToken }: RunView, publicUrl: string | undefined): ShownLink | undefined {
  if (answerToken === null || publicUrl === undefined) return undefined;
  return { token: answerToken, answer_url: `${publicUrl}/answers/${answerToken}` };
}
