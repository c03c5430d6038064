// SPDX-License-Identifier: GPL-2.0-only
import './bodies/udp.js';
import './bodies/ip-control.js';
import { defineTests } from './run.js';

defineTests();
