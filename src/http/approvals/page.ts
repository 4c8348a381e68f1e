import type { Question } from '../../engine/engine.js';
import { field, NO_DEFAULT_BUTTON, type Shown } from './field-html.js';
import type { Field, Fields } from './fields.js';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

/** What somebody with an approval link is shown. */
export interface QuestionPage extends Shown {
  readonly question: Question;
  readonly fields: Fields;
  /** What is wrong with the answer as a whole. */
  readonly general: readonly string[];
}

/** The page that asks. Its form is sent to the page's own address, whatever is before it on the way. */
export function questionPage({ question, fields, general, ...shown }: QuestionPage): string {
  const { message, until } = question;
  const count = general.length + shown.problems.size;
  const isDecision = fields.some(({ kind }) => kind === 'decision');
  return layout(
    'Your answer is needed',
    html`${message !== null && html`<p class="message" dir="auto">${message}</p>`}
${count > 0 && html`<div class="problems" role="alert"><p>Nothing was sent yet. Please look at this again:</p><ul>${general.map((text) => html`<li>${text}</li>`)}${fields.map((each) => problemOf(each, shown))}</ul></div>`}
<form method="post" accept-charset="utf-8">
${isDecision && NO_DEFAULT_BUTTON}${fields.map((each) => field(each, shown))}
${!isDecision && html`<div class="buttons"><button type="submit">Send</button></div>`}
</form>
${until !== null && html`<p class="quiet">You can answer until ${time(until)}.</p>`}
<p class="quiet">Whoever has the address of this page can answer, once. Do not pass it on.</p>`,
  );
}

/** A page that only says something. */
export function messagePage(title: string, text: string): string {
  return layout(title, html`<p>${text}</p>`);
}

function problemOf({ name, label }: Field, { problems }: Shown): Html {
  const problem = problems.get(name);
  return problem === undefined ? new Html('') : html`<li>${label}: ${problem}</li>`;
}

function time(ms: number): Html {
  const date = new Date(ms);
  return html`<time datetime="${date.toISOString()}">${date.toUTCString()}</time>`;
}

function layout(title: string, content: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  return page.text;
}
