import type { ProblemItem } from '../client/client.js';
import { inOneLine, type Paint } from './output.js';

/** What the doctor says of a graph in a file. */
export interface Verdict {
  /** As the command line names it. */
  readonly file: string;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** One thing that is wrong, or looks wrong, with the place in the file. */
export type Finding = Pick<ProblemItem, 'pointer' | 'message' | 'hint' | 'line' | 'column'> & { readonly code: string };

type Level = 'error' | 'warning';

/** A way to write findings: a line for each. */
export type FormatFinding = (file: string, level: Level, finding: Finding) => string;

/** All findings of a file, a line each, errors first. */
export function linesOfVerdict({ file, errors, warnings }: Verdict, format: FormatFinding): string[] {
  return [
    ...errors.map((finding) => format(file, 'error', finding)),
    ...warnings.map((finding) => format(file, 'warning', finding)),
  ];
}

/** `graph.json:12:7 error unknown_tool No tool ...`, which editors and terminals make links of. */
export function textFormat(paint: Paint): FormatFinding {
  return (file, level, finding) => {
    const word = paint(level === 'error' ? 'red' : 'yellow', level);
    return `${placeOf(file, finding)} ${word} ${finding.code} ${messageOf(finding)}`;
  };
}

function placeOf(file: string, { line = 1, column = 1 }: Finding): string {
  return `${inOneLine(file)}:${line}:${column}`;
}

/** With the pointer: what is missing has no place of its own. */
function messageOf({ message, hint, pointer }: Finding): string {
  const where = pointer === '' ? '' : ` (${pointer})`;
  return inOneLine(`${hint === undefined ? message : `${message} ${hint}`}${where}`);
}

/**
 * A workflow command of GitHub Actions, which becomes an annotation of the file.
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export const githubFormat: FormatFinding = (file, level, finding) => {
  const { line = 1, column = 1, code } = finding;
  const properties = { file, line, col: column, title: code };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${list.join(',')}::${escapeData(messageOf(finding))}`;
};

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
