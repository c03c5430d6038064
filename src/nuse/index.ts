// SPDX-License-Identifier: GPL-2.0-only

/**
 * Hosts for the machine's own programs: their configuration and their way to the world.
 * @module libos/nuse
 */
export {
  loadHostConfig,
  type HostConfig,
  type LoadOptions,
  type NicConfig,
  type ResolvConf,
  type RouteConfig,
} from './config/index.js';
export {
  Network,
  nicSchemes,
  parseNicUrl,
  type NetworkServices,
  type NicCounters,
  type NicScheme,
  type NicStatus,
  type NicUrl,
} from './nic/index.js';
