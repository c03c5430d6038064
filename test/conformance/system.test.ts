// SPDX-License-Identifier: GPL-2.0-only
import './bodies/netlink.js';
import './bodies/network.js';
import './bodies/system.js';
import { defineTests } from './run.js';

defineTests();
