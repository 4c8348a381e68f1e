import { EngineError, type Problem } from '../../core/base/errors.js';
import { pathOf, toPointer } from '../../core/base/json.js';
import type { AnswerLink, Engine } from '../../engine/engine.js';
import { type Fields, fieldsOf } from './fields.js';
import { messagePage, questionPage } from './page.js';
import { type FieldProblems, readPayload, valuesOf } from './payload.js';

/** The body of a form, as browsers send it. Stands where clients have the answer itself. */
export class AnsweredForm {
  constructor(readonly text: string) {}
}

/**
 * Answers what a form of an approval link says. If the answer does not fit, the form is shown again, with what was put into
 * it and what is wrong.
 * @throws EngineError `answer_link_over` and others of {@link Engine.answerQuestion}
 */
export async function answerByForm(
  engine: Engine,
  link: AnswerLink,
  { text }: AnsweredForm,
): Promise<{ readonly status: number; readonly page: string }> {
  const question = await engine.getQuestion(link);
  const fields = fieldsOf(question.schema);
  const values = valuesOf(new URLSearchParams(text));
  const { payload, problems } = readPayload(fields, values);
  const again = (wrong: Wrong) => ({ status: 422, page: questionPage({ question, fields, values, ...wrong }) });
  if (problems.size > 0) return again({ problems, general: [] });
  try {
    await engine.answerQuestion(link, payload);
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'invalid_answer')) throw error;
    return again(sortProblems(fields, error.errors ?? []));
  }
  return { status: 200, page: messagePage('Thank you', 'Your answer is stored. You can close this page.') };
}

interface Wrong {
  readonly problems: FieldProblems;
  readonly general: readonly string[];
}

/** What is wrong with each field, and what with none of them. Says where, if that is not the field itself. */
export function sortProblems(fields: Fields, found: readonly Pick<Problem, 'pointer' | 'message'>[]): Wrong {
  const problems = new Map<string, string>();
  const general: string[] = [];
  for (const { pointer, message } of found) {
    const field = fields.find(({ key }) => isWithin(pointer, pointerOf(key)));
    const text = withPlace(message, pointer.slice(pointerOf(field?.key ?? null).length));
    if (field === undefined) general.push(text);
    else if (!problems.has(field.name)) problems.set(field.name, text);
  }
  return { problems, general };
}

/** The JSON Pointer to what a field says. */
function pointerOf(key: string | null): string {
  return toPointer(key === null ? ['payload'] : ['payload', key]);
}

/** True for a JSON Pointer to another, or into it. */
function isWithin(pointer: string, own: string): boolean {
  return pointer === own || pointer.startsWith(`${own}/`);
}

/** @param pointer to a place within what the message is about */
function withPlace(message: string, pointer: string): string {
  return pointer === '' ? message : `${pathOf(pointer).join('/')}: ${message}`;
}
