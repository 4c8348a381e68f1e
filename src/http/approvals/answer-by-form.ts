import { EngineError, type Problem } from '../../core/base/errors.js';
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

/** What is wrong with each field, and what with none of them. */
function sortProblems(fields: Fields, found: readonly Problem[]): Wrong {
  const problems = new Map<string, string>();
  const general: string[] = [];
  for (const { pointer, message } of found) {
    const field = fields.find(({ key }) => isWithin(pointer, key));
    if (field === undefined) general.push(message);
    else if (!problems.has(field.name)) problems.set(field.name, message);
  }
  return { problems, general };
}

/** True for a JSON Pointer to what a field says, or into it. */
function isWithin(pointer: string, key: string | null): boolean {
  if (key === null) return true;
  const own = `/payload/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return pointer === own || pointer.startsWith(`${own}/`);
}
