import type { Argument, Command, Option } from 'commander';

/** The shells that scripts are made for. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** Names of arguments and of values of options that are files. */
const FILES = /^(file|path|graph|module|json|dir|answer|payload)$/;

/**
 * A script that completes commands, options, their choices and files. It is made of the command line itself, and asks
 * neither the program nor a server.
 */
export function completionScript(shell: Shell, program: Command): string {
  const bash = bashScript(program);
  // zsh runs the completion of bash.
  return shell === 'bash' ? bash : `#compdef graphrunner\nautoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

function bashScript(program: Command): string {
  const commands = program.commands.map((command) => command.name());
  const cases = program.commands.map((command) => caseOf(command)).join('\n');
  return `# Completion of graphrunner, made by "graphrunner completion".
_graphrunner() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...commands, 'help', '--help', '--version'].join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases}
    help) words="${commands.join(' ')}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$files" ] && [ "\${current#-}" = "$current" ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _graphrunner graphrunner
`;
}

function caseOf(command: Command): string {
  const { options, registeredArguments } = command;
  const names = [...options.flatMap(namesOf), '--help'];
  const choices = registeredArguments.flatMap(({ argChoices = [] }: Argument) => argChoices);
  const takesFiles = registeredArguments.some((argument) => FILES.test(argument.name()));
  const values = options.map(valueCase).filter((line) => line !== undefined);
  return `    ${command.name()})
      words="${[...choices, ...names].join(' ')}"; files="${takesFiles ? 'yes' : ''}"
      case "$previous" in
${[...values, '        *) ;;'].join('\n')}
      esac ;;`;
}

/** What follows an option that takes a value. */
function valueCase(option: Option): string | undefined {
  if (!option.required && !option.optional) return undefined;
  const { argChoices = [] } = option;
  const [, value = ''] = /<([^>.=]+)/.exec(option.flags) ?? [];
  const isFile = FILES.test(value);
  return `        ${namesOf(option).join('|')}) words="${argChoices.join(' ')}"; files="${isFile ? 'yes' : ''}" ;;`;
}

function namesOf({ short, long }: Option): string[] {
  return [short, long].filter((name) => name !== undefined && name !== null);
}
