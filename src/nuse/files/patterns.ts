// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which paths a program sees of the library's host instead of the machine. The shim's list is generated from this
 * one: it asks the broker about these, and opens all others itself.
 */

/** A path itself and what lies under it; `*` is any one component. */
export const patterns = [
  '/proc/net',
  '/proc/*/net',
  '/proc/*/task/*/net',
  '/proc/sys/net',
  '/sys/class/net',
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
] as const;

const expression = new RegExp(`^(?:${patterns.join('|').replaceAll('*', '[^/]+')})(?=/|$)`);

/** Whether an absolute path without `.` and `..` is one of them. */
export function isOurs(path: string): boolean {
  return expression.test(path);
}

/** Where the library has it: every process of the host is in its first network namespace. */
export function libraryPath(path: string): string {
  return path.replace(/^\/proc\/(?!sys\/)[^/]+(\/task\/[^/]+)?\/net(?=\/|$)/, '/proc/net');
}
