// SPDX-License-Identifier: GPL-2.0-only
/** All numbers of netlink and rtnetlink. */
export * from './diag.js';
export * from './link.js';
export * from './message.js';
export * from './mptcp.js';
export * from './qdisc.js';
export * from './route.js';
