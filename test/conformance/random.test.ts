// SPDX-License-Identifier: GPL-2.0-only
import './bodies/random-calls.js';
import { defineTests } from './run.js';

defineTests();
