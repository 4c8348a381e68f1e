import { isPlainObject, type Json, type JsonObject } from '../../core/base/json.js';

/**
 * What a field takes: a yes or a no, by buttons that send the form (`decision`) or not; one of some values; a line, a longer
 * text, a number; JSON; or anything, which is text unless it is JSON.
 */
export type FieldKind = 'decision' | 'yes_no' | 'choice' | 'line' | 'text' | 'number' | 'json' | 'any';

/** A value that can be chosen. */
export interface Choice {
  readonly label: string;
  readonly value: Json;
}

export interface Field {
  readonly kind: FieldKind;
  /** Of its element in the page. */
  readonly id: string;
  /** Its name in the form. */
  readonly name: string;
  /** Its key in the answer; null if it is the whole answer. */
  readonly key: string | null;
  readonly label: string;
  readonly isRequired: boolean;
  readonly choices: readonly Choice[];
  readonly schema: JsonObject;
}

/** The fields of a form, in order. */
export type Fields = readonly Field[];

/** A field before it has its place. */
type Draft = Omit<Field, 'id'>;

/** Longer texts get more than a line. */
const LINE_LENGTH = 100;
/** Texts of these formats have no line breaks. */
const LINE_FORMATS: ReadonlySet<unknown> = new Set(['email', 'uri', 'date', 'time', 'date-time', 'uuid', 'hostname']);
/** Forms with more fields are for programs. */
const MAX_FIELDS = 50;

/** The form for a JSON Schema: a field for each property of an object, and JSON for what has no field of its own. */
export function fieldsOf(schema: JsonObject | null): Fields {
  return draftsOf(schema).map((draft, index) => ({ ...draft, id: `field-${index + 1}` }));
}

function draftsOf(schema: JsonObject | null): readonly Draft[] {
  if (schema === null || Object.keys(schema).length === 0) return [fieldOf('any', null, false, {})];
  const properties = propertiesOf(schema);
  if (properties === undefined) return [decide(fieldOf(kindOf(schema), null, true, schema))];
  const required = Array.isArray(schema.required) ? schema.required : [];
  const fields = properties.map(([key, property]) => fieldOf(kindOf(property), key, required.includes(key), property));
  const yesNos = fields.filter(({ kind }) => kind === 'yes_no');
  // The only question that is to be answered by yes or no: its buttons send the form, and so stand at its end.
  const [asked] = yesNos.length === 1 ? yesNos : [];
  if (asked === undefined || decide(asked) === asked) return fields;
  return [...fields.filter((field) => field !== asked), decide(asked)];
}

/** What can ask for keys that are not among `properties`, or allow only some values. A form of fields could then never fit. */
const RULES_ACROSS = [
  ...['enum', 'const', '$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'minProperties'],
  ...['dependentRequired', 'dependentSchemas', 'dependencies'],
];

/** The properties of a schema that a form can have fields for; undefined if it needs to be JSON as a whole. */
function propertiesOf(schema: JsonObject): [string, JsonObject][] | undefined {
  const { type, properties, required } = schema;
  if (type !== 'object' || !isPlainObject(properties) || RULES_ACROSS.some((key) => Object.hasOwn(schema, key))) {
    return undefined;
  }
  const hasField = (key: Json) => typeof key === 'string' && Object.hasOwn(properties, key);
  if (Array.isArray(required) && !required.every(hasField)) return undefined;
  const entries = Object.entries(properties as JsonObject);
  const isKnown = entries.every(([, property]) => isPlainObject(property) || property === true);
  if (!isKnown || entries.length === 0 || entries.length > MAX_FIELDS) return undefined;
  return entries.map(([key, property]) => [key, property === true ? {} : (property as JsonObject)]);
}

function fieldOf(kind: FieldKind, key: string | null, isRequired: boolean, schema: JsonObject): Draft {
  const label = typeof schema.title === 'string' ? schema.title : (key ?? 'Your answer');
  const name = key === null ? 'answer' : `answer.${key}`;
  return { kind, name, key, label, isRequired, schema, choices: choicesOf(kind, schema) };
}

function kindOf(schema: JsonObject): FieldKind {
  const { type, maxLength, format } = schema;
  if (constantsOf(schema) !== undefined) return 'choice';
  if (Object.keys(schema).length === 0) return 'any';
  if (type === 'boolean') return 'yes_no';
  if (type === 'number' || type === 'integer') return 'number';
  if (type !== 'string') return 'json';
  const isLine = LINE_FORMATS.has(format) || (typeof maxLength === 'number' && maxLength <= LINE_LENGTH);
  return isLine ? 'line' : 'text';
}

/** A yes or no that must be given, and has no default, is given by the button that sends the form. */
function decide(field: Draft): Draft {
  if (field.kind !== 'yes_no' || !field.isRequired || field.schema.default !== undefined) return field;
  const isApproval = field.key !== null && /^(is_?)?approv(ed?|al)$/i.test(field.key);
  const [yes, no] = isApproval ? ['Approve', 'Reject'] : ['Yes', 'No'];
  return { ...field, kind: 'decision', choices: yesOrNo(yes, no) };
}

function choicesOf(kind: FieldKind, schema: JsonObject): readonly Choice[] {
  if (kind === 'yes_no') return yesOrNo('Yes', 'No');
  return kind === 'choice' ? (constantsOf(schema) ?? []) : [];
}

function yesOrNo(yes = 'Yes', no = 'No'): readonly Choice[] {
  return [
    { label: yes, value: true },
    { label: no, value: false },
  ];
}

/** The values of a schema that allows only some: `enum`, `const`, or a `oneOf` of constants with titles. */
function constantsOf({ enum: values, const: constant, oneOf }: JsonObject): readonly Choice[] | undefined {
  if (Array.isArray(values)) return values.map((value) => choiceOf(value as Json));
  if (constant !== undefined) return [choiceOf(constant)];
  if (!Array.isArray(oneOf) || oneOf.length === 0) return undefined;
  const choices = oneOf.map((each: Json) => {
    const { const: value, title } = isPlainObject(each) ? (each as JsonObject) : {};
    return value === undefined ? undefined : choiceOf(value, title);
  });
  return choices.every((choice) => choice !== undefined) ? choices : undefined;
}

function choiceOf(value: Json, title?: Json): Choice {
  if (typeof title === 'string') return { label: title, value };
  return { label: typeof value === 'string' ? value : JSON.stringify(value), value };
}
