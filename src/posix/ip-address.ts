// SPDX-License-Identifier: GPL-2.0-only

/** Text forms of network addresses: for every layer, so they are further out. */
export * from '../ip-address.js';
