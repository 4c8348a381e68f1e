import type { ExampleGraph } from '../../core/graph/example.js';
import { parcels } from './parcels.js';
import { tour } from './tour.js';
import { trip } from './trip.js';

/** Graphs that need no network and no key. The first one is the tour, which the page and the command line start. */
export const demoExamples: readonly ExampleGraph[] = [tour, parcels, trip];
