import { escapeMarkup } from '../../core/base/markup.js';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | readonly Html[] | string | number | null | undefined | false;

/**
 * Makes HTML. What is put into the template is text, and escaped, unless it is HTML itself; nothing, null and false leave
 * no trace.
 * @example
 * html`<p title="${title}">${isNew && html`<b>New</b>`} ${text}</p>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(textOf)));
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escapeMarkup(String(part));
}
