/** A line of a Dockerfile: `RUN`, and what stands after it. Lines that go on are one. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What stands between two lines `FROM`. */
export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile, as far as ours goes: without heredocs. Defaults of `ARG` before the first stage are filled in. */
export function readDockerfile(text: string): Stage[] {
  const withoutComments = text.replace(/^\s*#.*\n/gm, '');
  const lines = withoutComments.replace(/\\\n\s*/g, '').split('\n');
  const args = new Map<string, string>();
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const last = stages.at(-1);
    if (name === 'FROM') {
      const [, image = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(fill(rest, args)) ?? [];
      stages.push({ image, name: as, instructions: [] });
    } else if (last !== undefined) {
      last.instructions.push({ name, text: rest });
    } else {
      const [key = '', value = ''] = rest.split('=');
      args.set(key, value);
    }
  }
  return stages;
}

function fill(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
}

/** The instructions of a stage with a name, as text. */
export function textsOf({ instructions }: Stage, name: string): string[] {
  return instructions.filter((each) => each.name === name).map(({ text }) => text);
}

/** The variables that a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.trim().split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}

/** The command of an instruction in its exec form; undefined if it has another. */
export function commandOf(stage: Stage, name: string): readonly string[] | undefined {
  const [, json] = /(\[.*\])$/.exec(textsOf(stage, name)[0] ?? '') ?? [];
  return json === undefined ? undefined : JSON.parse(json);
}

/** What a `COPY` copies: from a stage, or from the folder of the Dockerfile. */
export function copyOf(text: string): { from: string | undefined; sources: readonly string[]; target: string } {
  const [, from] = /--from=(\S+)/.exec(text) ?? [];
  const paths = text.replace(/--\S+/g, '').trim().split(/\s+/);
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}
