#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './cli/run-program.js';
import { processTerminal } from './cli/terminal.js';

// Collects old garbage sooner: V8 lets the heap grow by 70 MB of it before it looks, where 24 MB are alive. With 50 demo runs
// in flight the process peaks at 172 MB instead of 225, as fast as without. `--optimize-for-size` came down to 151 MB, but
// took half as much processor time again, because it also keeps the space for new objects small.
setFlagsFromString('--heap-growing-percent=35');

const exitCode = await runProgram(process.argv.slice(2), processTerminal());
process.exitCode ??= exitCode;
