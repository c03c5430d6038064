// SPDX-License-Identifier: GPL-2.0-only

import { testCases } from '../case.js';
import { cases } from './services.js';

testCases('services', cases);
