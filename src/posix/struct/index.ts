// SPDX-License-Identifier: GPL-2.0-only
/** Every structure that is described here, by C’s name. */
export * from './files.js';
export * from './interface.js';
export * from './netlink.js';
export * from './socket.js';
