// SPDX-License-Identifier: GPL-2.0-only

/** Configuration of hosts: files, options, defaults. */
export type { HostConfig, NicConfig, ResolvConf, RouteConfig } from './host-config.js';
export { findProgram, loadHostConfig, readConfig, type LoadOptions } from './load.js';
