// SPDX-License-Identifier: GPL-2.0-only

import process from 'node:process';

process.exit(3);
