/**
 * The style of every picture, the same text each time, so that pages can allow it by its hash. The colours are
 * variables with values for light and dark; text on each surface has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
 */
export const SVG_STYLE = [
  '.gr-diagram{--gr-bg:#fff;--gr-box:#f6f7f9;--gr-line:#667085;--gr-text:#1d2433;--gr-soft:#566072;',
  '--gr-on:#2557a7;--gr-on-box:#e9f0fb;--gr-now:#0b6b4f;--gr-now-box:#dff5ec;--gr-bad:#b3261e;--gr-bad-box:#fdeceb;',
  'font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}',
  '@media (prefers-color-scheme:dark){.gr-diagram{--gr-bg:#14181f;--gr-box:#1d232d;--gr-line:#8490a3;--gr-text:#e7ebf2;',
  '--gr-soft:#a6b0c0;--gr-on:#8ab4f8;--gr-on-box:#1b2a42;--gr-now:#5fd6a8;--gr-now-box:#12352a;--gr-bad:#ff9c92;',
  '--gr-bad-box:#3d1d1c}}',
  '.gr-bg{fill:var(--gr-bg)}',
  '.gr-box{fill:var(--gr-box);stroke:var(--gr-line);stroke-width:1.2}',
  '.gr-name{fill:var(--gr-text);font-size:14px;font-weight:600;text-anchor:middle}',
  '.gr-tool{fill:var(--gr-soft);font-size:11.5px;text-anchor:middle}',
  '.gr-start{fill:var(--gr-line)}',
  '.gr-link{fill:none;stroke:var(--gr-line);stroke-width:1.4}',
  '.gr-head{fill:var(--gr-line)}',
  '.gr-branch .gr-link,.gr-join .gr-link{stroke-dasharray:6 4}',
  '.gr-error .gr-link{stroke-dasharray:2 3}',
  '.gr-plate{fill:var(--gr-bg);opacity:.92}',
  '.gr-label{fill:var(--gr-soft);font-size:11px;text-anchor:middle}',
  '.gr-taken .gr-link{stroke:var(--gr-on);stroke-width:2.2}',
  '.gr-taken .gr-head{fill:var(--gr-on)}',
  '.gr-taken .gr-label{fill:var(--gr-on);font-weight:600}',
  '.gr-visited .gr-box{fill:var(--gr-on-box);stroke:var(--gr-on);stroke-width:1.6}',
  '.gr-visited .gr-start{fill:var(--gr-on)}',
  '.gr-current .gr-box{fill:var(--gr-now-box);stroke:var(--gr-now);stroke-width:3}',
  '.gr-failed .gr-box{fill:var(--gr-bad-box);stroke:var(--gr-bad);stroke-width:3}',
  '.gr-pill{fill:var(--gr-on);stroke:var(--gr-bg);stroke-width:2}',
  '.gr-current .gr-pill{fill:var(--gr-now)}',
  '.gr-failed .gr-pill{fill:var(--gr-bad)}',
  '.gr-note{fill:var(--gr-bg);font-size:11px;font-weight:600;text-anchor:middle}',
].join('');
