import { DOCUMENT_PROBLEMS } from '../../core/base/problems.js';
import { CAPSULE_PROBLEMS } from '../../core/capsule/document.js';
import { GRAPH_ERRORS, GRAPH_WARNINGS } from '../../core/graph/doctor/codes.js';
import { SCHEMA_PROBLEMS, VALUE_PROBLEMS } from '../../core/json-schema/codes.js';

const PROBLEMS = { ...DOCUMENT_PROBLEMS, ...VALUE_PROBLEMS, ...SCHEMA_PROBLEMS, ...GRAPH_ERRORS, ...CAPSULE_PROBLEMS };

type ProblemCode = keyof typeof PROBLEMS;
type WarningCode = keyof typeof GRAPH_WARNINGS;

/** Every code that an item of `errors` can have: of bodies, of values that a JSON Schema refuses, and of graphs. */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** Every code of a warning about a graph. */
export const WARNING_CODES = Object.keys(GRAPH_WARNINGS) as [WarningCode, ...WarningCode[]];
