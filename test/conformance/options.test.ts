// SPDX-License-Identifier: GPL-2.0-only
import './bodies/bad-input.js';
import './bodies/options.js';
import { defineTests } from './run.js';

defineTests();
