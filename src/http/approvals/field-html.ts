import { assertNever } from '../../core/base/assert-never.js';
import type { Json } from '../../core/base/json.js';
import type { Choice, Field } from './fields.js';
import { Html, html } from './html.js';
import type { FieldProblems, FormValues } from './payload.js';

/** What a form is filled with. */
export interface Shown {
  /** What was sent; undefined before that, when fields have the defaults of their schemas. */
  readonly values: FormValues | undefined;
  readonly problems: FieldProblems;
}

/** More choices than these are a list that opens. */
const MAX_RADIOS = 6;

/** One field of a form, with what is wrong with it. */
export function field(of: Field, { values, problems }: Shown): Html {
  const text = values === undefined ? defaultOf(of) : (values.get(of.name) ?? '');
  const problem = problems.get(of.name);
  switch (of.kind) {
    case 'decision':
      return decision(of, problem);
    case 'yes_no':
      return radios(of, text, problem);
    case 'choice':
      return of.choices.length <= MAX_RADIOS
        ? radios(of, text, problem)
        : labelled(of, select(of, text, problem), problem);
    case 'line':
    case 'number':
      return labelled(of, input(of, text, problem), problem);
    case 'text':
    case 'json':
    case 'any':
      return labelled(of, textarea(of, text, problem), problem);
    default:
      return assertNever(of.kind);
  }
}

/**
 * Buttons that send the form. The one that is hidden is the one that Enter in a field would press (the first of a form): it is
 * disabled, so nobody approves by Enter.
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#implicit-submission
 */
function decision(of: Field, problem: string | undefined): Html {
  const buttons = of.choices.map(
    ({ label, value }, index) =>
      html`<button type="submit" name="${of.name}" value="${JSON.stringify(value)}"${index > 0 && new Html(' class="other"')}>${label}</button>`,
  );
  return html`<fieldset${described(of, problem)}><legend>${of.key === null ? html`<span class="quiet">Your answer</span>` : of.label}</legend>${notes(of, problem)}<div class="buttons">${buttons}</div></fieldset>
`;
}

/** Stops Enter from pressing the first button of a form that has several. Stands before all others. */
export const NO_DEFAULT_BUTTON = new Html('<button type="submit" disabled hidden></button>\n');

function radios(of: Field, text: string, problem: string | undefined): Html {
  const choices: readonly (Choice & { readonly text: string })[] = [
    ...of.choices.map((choice) => ({ ...choice, text: JSON.stringify(choice.value) })),
    ...(of.isRequired ? [] : [{ label: 'No answer', value: null, text: '' }]),
  ];
  const inputs = choices.map(
    (choice) =>
      html`<label class="choice"><input type="radio" name="${of.name}" value="${choice.text}"${required(of)}${choice.text === text && new Html(' checked')}>${choice.label}</label>`,
  );
  return html`<fieldset${described(of, problem)}><legend>${of.label}${optional(of)}</legend>${notes(of, problem)}${inputs}</fieldset>
`;
}

function labelled(of: Field, control: Html, problem: string | undefined): Html {
  return html`<div class="field"><label for="${of.id}">${of.label}${optional(of)}${of.kind === 'json' && ', as JSON'}</label>${control}${notes(of, problem)}</div>
`;
}

function select(of: Field, text: string, problem: string | undefined): Html {
  const options = of.choices.map(({ label, value }) => {
    const json = JSON.stringify(value);
    return html`<option value="${json}"${json === text && new Html(' selected')}>${label}</option>`;
  });
  return html`<select${attributes(of, problem)}><option value="">${of.isRequired ? 'Choose…' : 'No answer'}</option>${options}</select>`;
}

function input(of: Field, text: string, problem: string | undefined): Html {
  const { type, minimum, maximum } = of.schema;
  if (of.kind === 'line') return html`<input type="text"${attributes(of, problem)} value="${text}">`;
  const step = type === 'integer' ? '1' : 'any';
  return html`<input type="number" step="${step}"${bound('min', minimum)}${bound('max', maximum)}${attributes(of, problem)} value="${text}">`;
}

function bound(name: string, value: Json | undefined): Html | undefined {
  return typeof value === 'number' ? html` ${name}="${value}"` : undefined;
}

function textarea(of: Field, text: string, problem: string | undefined): Html {
  const isJson = of.kind === 'json';
  // A line break behind the tag is not part of the text.
  return html`<textarea rows="4"${isJson && new Html(' class="json" spellcheck="false"')}${attributes(of, problem)}>
${text}</textarea>`;
}

function attributes(of: Field, problem: string | undefined): Html {
  return html` id="${of.id}" name="${of.name}"${required(of)}${described(of, problem)}${problem !== undefined && new Html(' aria-invalid="true"')}`;
}

/** A text that has to be there can be empty, if its schema does not say otherwise. */
function required({ kind, isRequired, schema }: Field): Html | undefined {
  const isText = kind === 'line' || kind === 'text';
  const canBeEmpty = isText && !(typeof schema.minLength === 'number' && schema.minLength > 0);
  return isRequired && !canBeEmpty ? new Html(' required') : undefined;
}

function optional({ isRequired }: Field): string | undefined {
  return isRequired ? undefined : ' (optional)';
}

function helpOf({ kind, schema }: Field): string | undefined {
  if (typeof schema.description === 'string') return schema.description;
  return kind === 'any' ? 'Text, or JSON.' : undefined;
}

function described(of: Field, problem: string | undefined): Html | undefined {
  const ids = [
    ...(helpOf(of) === undefined ? [] : [`${of.id}-help`]),
    ...(problem === undefined ? [] : [`${of.id}-problem`]),
  ];
  return ids.length === 0 ? undefined : html` aria-describedby="${ids.join(' ')}"`;
}

function notes(of: Field, problem: string | undefined): Html {
  const help = helpOf(of);
  return html`${help !== undefined && html`<p class="help" id="${of.id}-help" dir="auto">${help}</p>`}${problem !== undefined && html`<p class="problem" id="${of.id}-problem">${problem}</p>`}`;
}

/** What a field has before somebody changes it. */
function defaultOf({ kind, schema }: Field): string {
  const { default: given } = schema;
  if (given === undefined) return '';
  const isText = (kind === 'line' || kind === 'text') && typeof given === 'string';
  return isText ? given : JSON.stringify(given);
}
