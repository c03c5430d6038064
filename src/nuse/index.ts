// SPDX-License-Identifier: GPL-2.0-only

/** `libos/nuse`: hosts for the machine's own programs: their configuration and their way to the world. */
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
