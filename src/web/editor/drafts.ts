/** Texts that are not saved yet, kept as long as the tab is open. */

export interface Draft {
  /** The version that it began with; 0 for a new graph. */
  readonly version: number;
  readonly text: string;
}

function keyOf(graphId: string): string {
  return `graphrunner.draft.${graphId}`;
}

export function readDraft(graphId: string): Draft | undefined {
  try {
    const draft = JSON.parse(sessionStorage.getItem(keyOf(graphId)) ?? 'null') as Draft | null;
    return draft ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a draft. A browser that has no room for it goes on without. */
export function keepDraft(graphId: string, draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(graphId), JSON.stringify(draft));
  } catch {
    sessionStorage.removeItem(keyOf(graphId));
  }
}

export function dropDraft(graphId: string): void {
  sessionStorage.removeItem(keyOf(graphId));
}
