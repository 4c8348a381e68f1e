import { useState } from 'preact/hooks';
import { pretty } from './format.js';
import type { Decision } from './schema-decision.js';
import type { Json, Schema } from './types.js';

/** The values of a form: texts and ticks as typed, by the path of their field. */
type Values = Readonly<Record<string, string | boolean>>;

type Kind = 'text' | 'long' | 'number' | 'tick' | 'choice' | 'object' | 'json';

function kindOf(schema: Schema): Kind {
  if (schema.enum !== undefined) return 'choice';
  const { type } = schema;
  if (type === 'string') return schema.maxLength !== undefined && schema.maxLength <= 200 ? 'text' : 'long';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'tick';
  return type === 'object' && schema.properties !== undefined ? 'object' : 'json';
}

/** A form for a JSON Schema: a field for each simple property, and a JSON text for anything else. */
export function SchemaForm(props: {
  schema: Schema;
  idPrefix: string;
  submitLabel: string;
  busy: boolean;
  onSubmit: (value: Json) => void;
  /** A decision is made with a button for each of its answers, and no tick. */
  decision?: Decision | undefined;
}) {
  const { decision } = props;
  const [values, setValues] = useState<Values>({});
  const [problem, setProblem] = useState<string>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const choice = decision?.choices[Number((event.submitter as HTMLButtonElement).value)];
    const decided = decision === undefined || choice === undefined ? {} : { [`/${decision.name}`]: choice.value };
    try {
      const value = readForm(props.schema, '', { ...values, ...decided }, true);
      setProblem(undefined);
      props.onSubmit(value ?? null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form class="form" onSubmit={submit}>
      <Field
        schema={decision === undefined ? props.schema : withoutField(props.schema, decision.name)}
        path=""
        label={props.schema.title ?? 'Value'}
        required
        idPrefix={props.idPrefix}
        values={values}
        set={(path, value) => setValues((before) => ({ ...before, [path]: value }))}
      />
      {problem === undefined ? null : (
        <p class="failure" role="alert">
          {problem}
        </p>
      )}
      <div class="buttons">
        {/* Enter in a field presses the first button of a form: no answer, but this one, which does nothing. */}
        {decision === undefined ? null : <button type="submit" disabled hidden />}
        {decision === undefined ? (
          <button type="submit" class="primary" disabled={props.busy}>
            {props.submitLabel}
          </button>
        ) : (
          decision.choices.map(({ words }, index) => (
            <button
              key={words}
              type="submit"
              class={index === 0 ? 'primary' : ''}
              value={String(index)}
              disabled={props.busy}
            >
              {words}
            </button>
          ))
        )}
      </div>
    </form>
  );
}

function withoutField(schema: Schema, name: string): Schema {
  const { [name]: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

interface FieldProps {
  readonly schema: Schema;
  readonly path: string;
  readonly label: string;
  readonly required: boolean;
  readonly idPrefix: string;
  readonly values: Values;
  readonly set: (path: string, value: string | boolean) => void;
}

function Field(props: FieldProps) {
  const { schema, path, label } = props;
  if (kindOf(schema) !== 'object') return <Simple {...props} />;
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => (
    <Field
      key={name}
      {...props}
      schema={property}
      path={`${path}/${name}`}
      label={property.title ?? name}
      required={schema.required?.includes(name) ?? false}
    />
  ));
  if (path === '') return <>{fields}</>;
  return (
    <fieldset>
      <legend>{label}</legend>
      {fields}
    </fieldset>
  );
}

function Simple(props: FieldProps) {
  const { schema, path, label, required, idPrefix } = props;
  const id = `${idPrefix}${path.replaceAll(/[^a-zA-Z0-9]/g, '-')}`;
  const kind = kindOf(schema);
  return (
    <div class={`field ${kind === 'tick' ? 'field-tick' : ''}`}>
      <label for={id}>
        {label}
        {required ? '' : ' (optional)'}
        {kind === 'json' ? ' – as JSON' : ''}
      </label>
      <Control {...props} id={id} kind={kind} />
      {schema.description === undefined ? null : (
        <p class="help" id={`${id}-help`}>
          {schema.description}
        </p>
      )}
    </div>
  );
}

function Control({ schema, path, required, values, set, id, kind }: FieldProps & { id: string; kind: Kind }) {
  const value = values[path] ?? initial(schema);
  const help = schema.description === undefined ? {} : { 'aria-describedby': `${id}-help` };
  const typed = (event: Event): void => set(path, (event.currentTarget as HTMLInputElement).value);
  const common = { id, required: required && kind !== 'tick', ...help };
  if (kind === 'tick') {
    const tick = (event: Event): void => set(path, (event.currentTarget as HTMLInputElement).checked);
    return <input type="checkbox" {...common} checked={value === true} onInput={tick} />;
  }
  if (kind === 'choice') return <Choice schema={schema} common={common} value={String(value)} typed={typed} />;
  if (kind === 'number') {
    const step = schema.type === 'integer' ? 1 : 'any';
    return <input type="number" step={step} {...boundsOf(schema)} {...common} value={String(value)} onInput={typed} />;
  }
  if (kind === 'text') return <input type="text" {...common} value={String(value)} onInput={typed} />;
  const rows = kind === 'json' ? 4 : 2;
  return <textarea rows={rows} spellcheck={false} {...common} value={String(value)} onInput={typed} />;
}

function boundsOf({ minimum, maximum }: Schema): { min?: number; max?: number } {
  return { ...(minimum !== undefined && { min: minimum }), ...(maximum !== undefined && { max: maximum }) };
}

function Choice(props: { schema: Schema; common: object; value: string; typed: (event: Event) => void }) {
  return (
    <select {...props.common} value={props.value} onInput={props.typed}>
      <option value="">Choose…</option>
      {props.schema.enum?.map((choice) => (
        <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
          {typeof choice === 'string' ? choice : JSON.stringify(choice)}
        </option>
      ))}
    </select>
  );
}

function initial(schema: Schema): string | boolean {
  const given = schema.default ?? schema.examples?.[0];
  const kind = kindOf(schema);
  if (kind === 'tick') return given === true;
  if (given === undefined) return '';
  return kind === 'json' ? pretty(given) : kind === 'choice' ? JSON.stringify(given) : String(given);
}

/** The JSON value of a form; `undefined` for an optional field that was left empty. */
export function readForm(schema: Schema, path: string, values: Values, required: boolean): Json | undefined {
  const kind = kindOf(schema);
  const value = values[path] ?? initial(schema);
  if (kind === 'object') {
    const entries = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const isRequired = schema.required?.includes(name) ?? false;
      const inner = readForm(property, `${path}/${name}`, values, isRequired);
      return inner === undefined ? [] : [[name, inner] as const];
    });
    return entries.length === 0 && !required ? undefined : Object.fromEntries(entries);
  }
  if (typeof value === 'boolean') return value;
  if (value === '') return required && kind !== 'number' && kind !== 'choice' && kind !== 'json' ? '' : undefined;
  if (kind === 'number') return Number(value);
  if (kind === 'choice' || kind === 'json') return parsed(value, path);
  return value;
}

function parsed(text: string, path: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path === '' ? 'The value' : path.slice(1)} is not JSON. Texts need double quotes.`);
  }
}
