// SPDX-License-Identifier: GPL-2.0-only

/** What whoever starts the workers of a scenario needs. */
export { abortShares, createShares, isWaiting, transferOf, type ShareRequest } from './request.js';
export { WorkerShare, type ShareOptions } from './share.js';
