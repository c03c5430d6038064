// SPDX-License-Identifier: GPL-2.0-only

/** Every case of every program. */
import type { ProgramCase } from '../case.js';
import { cases as capture } from './capture.js';
import { cases as echo } from './echo.js';
import { cases as filters } from './filters.js';
import { cases as links } from './links.js';
import { cases as names } from './names.js';
import { cases as services } from './services.js';
import { cases as streams } from './streams.js';
import { cases as web } from './web.js';

export const allCases: readonly ProgramCase[] = [
  ...[...echo, ...names, ...web, ...streams, ...services, ...capture, ...links, ...filters],
];
