import { isDeepStrictEqual } from 'node:util';
import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.js';
import { compileExpression } from '../../../src/core/expressions/expressions.js';

/** A test of the specification of CEL, as its package has it. */
interface SpecTest {
  readonly name?: string;
  readonly expr: string;
  readonly value?: SpecValue;
  readonly evalError?: unknown;
  readonly bindings?: Readonly<Record<string, { readonly value: SpecValue }>>;
  readonly container?: string;
  readonly typedResult?: unknown;
  readonly checkOnly?: boolean;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: unknown }[];
}

/** Exactly one key says the type: `{ "int64Value": "1" }`. */
// biome-ignore lint/suspicious/noExplicitAny: the form of the value depends on the key.
type SpecValue = Readonly<Record<string, any>>;

/** Suites of what JSON has no values for, or of extensions. */
const OTHER_SUITES = new Set([
  ...['proto2', 'proto3', 'proto2_ext', 'enums', 'wrappers', 'dynamic', 'timestamps', 'type_deductions', 'namespace'],
  ...['block_ext', 'bindings_ext', 'math_ext', 'encoders_ext'],
]);
const OTHER_TYPES =
  /TestAllTypes|google\.protobuf|\b\d+u\b|\bb['"]|\b(?:timestamp|duration|bytes|uint|type|dyn)\(|cel\.(?:bind|block)/i;

/** Every way in which expressions here differ from CEL, with the tests that show it. The documents list them too. */
const DEVIATIONS: readonly { readonly why: string; readonly shownBy: RegExp }[] = [
  {
    why: 'numbers are doubles: % takes fractions, and nothing overflows at 64 bits',
    shownBy: /fp_math\/mod_not|int64_overflow_mul/,
  },
  { why: 'whole numbers of more than 53 bits are refused', shownBy: /_negative_min |_exact |double_big|int_range / },
  { why: 'there is no NaN: a division by zero is an error', shownBy: /double_nan / },
  { why: 'keys of maps are strings', shownBy: / .*\{(?:0|1|3|6|27|true|'k':'v', 1|'key':1, 1): ?/ },
  { why: '&&, ||, all and exists do not hide errors', shownBy: /short_?circuit_(?:type|error)|elem_error_short/ },
  { why: 'unknown names are found before the run', shownBy: /unbound_is_runtime|receiver_function_names/ },
  { why: 'there are no macros inside macros', shownBy: /macros\/nested\// },
  { why: 'there are no macros of two variables', shownBy: /^macros2\// },
  { why: 'there are no regular expressions', shownBy: /\.matches\(/ },
  { why: 'optional values come from .? and [? ] alone', shownBy: /optional\.(?:of|none)|optFlatMap|\?'/ },
  { why: 'charAt, quote and format are not there', shownBy: /\.(?:charAt|quote|format)\(/ },
  { why: 'names of data have no dots in them', shownBy: /qualified_identifier_resolution/ },
  { why: 'the parser takes no true, false or null as a field: quote it', shownBy: /reserved_const/ },
  { why: 'the parser takes no number that begins with a dot', shownBy: /not_gt_double / },
];

/** What JSON has no value for. */
class NotJson extends Error {}

function jsonOf(value: SpecValue): Json {
  const [kind, held] = Object.entries(value)[0]!;
  switch (kind) {
    case 'nullValue':
      return null;
    case 'boolValue':
    case 'stringValue':
      return held;
    case 'int64Value':
    case 'doubleValue':
      if (!Number.isFinite(Number(held))) throw new NotJson();
      // JSON has no -0.
      return Number(held) === 0 ? 0 : Number(held);
    case 'listValue':
      return (held.values ?? []).map(jsonOf);
    case 'mapValue':
      return Object.fromEntries(
        (held.entries ?? []).map((entry: SpecValue) => [keyOf(entry.key), jsonOf(entry.value)]),
      );
    default:
      throw new NotJson();
  }
}

function keyOf(key: SpecValue): string {
  if ('stringValue' in key) return key.stringValue;
  throw new NotJson();
}

interface Case {
  readonly name: string;
  readonly source: string;
  readonly data: JsonObject;
  /** Undefined for an error. */
  readonly expected: Json | undefined;
}

/** The tests that make sense here, with their variables as keys of `data`. */
function* casesOf({ name, suites = [], tests = [] }: Suite, path: readonly string[] = []): Generator<Case> {
  const here = [...path, name];
  for (const { original } of tests) {
    const test = original as SpecTest;
    if (OTHER_SUITES.has(here[1]!) || OTHER_TYPES.test(test.expr)) continue;
    if (test.container !== undefined || test.typedResult !== undefined || test.checkOnly === true) continue;
    try {
      yield caseOf(test, [...here.slice(1), test.name].join('/'));
    } catch (thrown) {
      if (!(thrown instanceof NotJson)) throw thrown;
    }
  }
  for (const suite of suites) yield* casesOf(suite, here);
}

function caseOf({ expr, value = { boolValue: true }, evalError, bindings = {} }: SpecTest, name: string): Case {
  const expected = evalError === undefined ? jsonOf(value) : undefined;
  const data = Object.fromEntries(Object.entries(bindings).map(([key, bound]) => [key, jsonOf(bound.value)]));
  const source = Object.keys(data).reduce(
    (text, key) => text.replace(new RegExp(`(?<![."'\\w])${key.replaceAll('.', '\\.')}(?!\\w)`, 'g'), `data.${key}`),
    expr,
  );
  return { name, source, data, expected };
}

/** What the expression gives here; undefined for an error, when it is compiled or evaluated. */
function resultOf({ source, data }: Case): Json | undefined {
  try {
    return compileExpression(source, { secrets: false }).expression?.evaluate({ input_data: null, data, run: {} })
      .value;
  } catch {
    return undefined;
  }
}

it('is that of the specification, but for what is listed', () => {
  const cases = [...casesOf(tests as Suite)];
  const differing = cases.filter((each) => !isDeepStrictEqual(resultOf(each), each.expected));
  const shown = differing.map(({ name, source }) => `${name} | ${source}`);
  const unexplained = shown.filter((line) => !DEVIATIONS.some(({ shownBy }) => shownBy.test(line)));
  expect(unexplained).toEqual([]);
  for (const { why, shownBy } of DEVIATIONS)
    expect(
      shown.some((line) => shownBy.test(line)),
      why,
    ).toBe(true);
  expect({ tests: cases.length, equal: cases.length - differing.length }).toEqual({ tests: 866, equal: 647 });
});
