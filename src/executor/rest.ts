/** How a session left its run. */
export type Rest =
  /** The claim was let go in the unit that ended or parked the run. */
  | { readonly kind: 'done' }
  /** The claim is still held, and the run is due at a time (milliseconds since 1970), or when something happens to it. */
  | { readonly kind: 'parked'; readonly until: number | null }
  /** The claim is still held, and only other processes have what comes next: tools and conditions that are missing here. */
  | { readonly kind: 'elsewhere'; readonly missing: readonly string[] };

/** The claim was lost: nothing more can be done here. */
export const LOST: Rest = { kind: 'parked', until: null };
