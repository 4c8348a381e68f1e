/** Who asks for something. */
export interface Actor {
  /** The name of the API key. Omitted if nobody can tell: the key has no name, or none is needed. */
  readonly by?: string | undefined;
}

/** Who did to a run what its state tells of, as far as it is known. */
export interface Actors {
  readonly submitted?: string;
  /** Paused it; only while it is paused. */
  readonly paused?: string;
  /** Asked to cancel it; only while that is asked for, and once it was cancelled. */
  readonly cancelled?: string;
}

/** The actors of a run about which nobody is known. One object, since that are most runs. */
export const NO_ACTORS: Actors = Object.freeze({});

/** Notes who has done something, or forgets it if that is not known. */
export function noteActor(actors: Actors, what: keyof Actors, { by }: Actor): Actors {
  if (by !== undefined) return { ...actors, [what]: by };
  return forgetActors(actors, what);
}

/** Forgets who has done what is over. */
export function forgetActors(actors: Actors, ...over: readonly (keyof Actors)[]): Actors {
  if (over.every((what) => actors[what] === undefined)) return actors;
  return Object.fromEntries(Object.entries(actors).filter(([what]) => !over.includes(what as keyof Actors)));
}

/** The actors of a run that an event ends. Who cancelled it has asked for that before, or does so by the event. */
export function actorsAfterEnd(
  { actors, cancelRequested }: { readonly actors: Actors; readonly cancelRequested: boolean },
  event: Actor & { readonly type: string },
): Actors {
  if (event.type !== 'run.cancelled') return forgetActors(actors, 'paused', 'cancelled');
  return forgetActors(cancelRequested ? actors : noteActor(actors, 'cancelled', event), 'paused');
}
