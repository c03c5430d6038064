// SPDX-License-Identifier: GPL-2.0-only
import './bodies/tcp-connect.js';
import './bodies/tcp-end.js';
import './bodies/tcp-data.js';
import './bodies/tcp-bind.js';
import './bodies/tcp-more.js';
import './bodies/urgent-data.js';
import { defineTests } from './run.js';

defineTests();
