// SPDX-License-Identifier: GPL-2.0-only

/** Networks of hosts on real time: NICs by URL, addresses, DHCP, names. */
export type { NicBackend, NicCounters, NicEnvironment } from './backend.js';
export { Network, type NetworkServices, type NicStatus } from './network.js';
export { openNic } from './open.js';
export { parseNicUrl, nicSchemes, type NicScheme, type NicUrl } from './url.js';
