// SPDX-License-Identifier: GPL-2.0-only
import './bodies/files.js';
import { defineTests } from './run.js';

defineTests();
