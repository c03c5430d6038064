// SPDX-License-Identifier: GPL-2.0-only
/** Programs’ calls, recorded and answered again: what brings a running JavaScript program back to where it was. */
export { CallLog } from './call-log.js';
export { PortHub, type PortHubState } from './port-hub.js';
export {
  ProgramSession,
  type SessionDriver,
  type SessionMark,
  type SessionOptions,
} from './session.js';
