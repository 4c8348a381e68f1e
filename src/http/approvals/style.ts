import { createHash } from 'node:crypto';

/** The style of the pages of approval links, in both colour schemes. The policy allows this very text, and nothing else. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #8c959f;
  --go: #1a56c4; --on-go: #ffffff; --bad: #b3261e; --bad-page: #fdeceb; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1216; --card: #1a1f26; --text: #e6e9ed; --quiet: #a3acb7; --line: #6b7684; --go: #8ab4f8; --on-go: #0f1216;
    --bad: #ffb4ab; --bad-page: #3a1d1b; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 1rem auto; padding: 1.25rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 0.75rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.25rem; line-height: 1.3; }
.message { margin: 0 0 1.25rem; font-size: 1.125rem; white-space: pre-wrap; }
.quiet, .help { color: var(--quiet); font-size: 0.875rem; }
.help { margin: 0.25rem 0 0; }
.field, fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
label, legend { display: block; padding: 0; font-weight: 600; }
.choice { display: flex; align-items: center; gap: 0.5rem; min-height: 2.75rem; font-weight: 400; }
.choice input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--go); }
input[type="text"], input[type="number"], textarea, select { display: block; width: 100%; min-height: 2.75rem;
  margin-top: 0.25rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card);
  color: inherit; font: inherit; }
textarea.json { font-family: ui-monospace, monospace; }
[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
.problem { margin: 0.25rem 0 0; color: var(--bad); font-weight: 600; }
.problems { margin: 0 0 1.25rem; padding: 0.75rem 1rem; border-left: 0.25rem solid var(--bad); background: var(--bad-page); }
.problems ul { margin: 0.25rem 0 0; padding-left: 1.25rem; }
.problems p { margin: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 0.5rem; }
button { flex: 1 1 8rem; min-height: 3rem; padding: 0.5rem 1rem; border: 2px solid var(--go); border-radius: 0.5rem;
  background: var(--go); color: var(--on-go); font: inherit; font-weight: 600; cursor: pointer; }
button.other { background: transparent; color: var(--go); }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
`;

const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** No script, nothing from anywhere, and a form that is sent to this server alone. */
const CSP = [
  "default-src 'none'",
  `style-src ${STYLE_SOURCE}`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Headers of these pages, beside those of every answer (no cache, no referrer). The URL is a secret, so no search engine may
 * keep it.
 */
export const PAGE_HEADERS = {
  'content-security-policy': CSP,
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow, noarchive',
} as const;
