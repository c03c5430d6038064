// SPDX-License-Identifier: GPL-2.0-only
import './bodies/events.js';
import { defineTests } from './run.js';

defineTests();
