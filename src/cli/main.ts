#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only

/** What `libos` starts: runs the command line of this process. */
import process from 'node:process';
import { runCommandLine } from './program.js';

process.exitCode = await runCommandLine(process.argv.slice(2));
