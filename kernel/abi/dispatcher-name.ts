// SPDX-License-Identifier: GPL-2.0-only

/**
 * How the functions are called that stand in for the kernel's function table (kernel/build/dispatchers.ts). The
 * build gives the names; who shows a kernel's stack leaves them out.
 */
export const dispatcherPrefix = 'call_indirect_';
