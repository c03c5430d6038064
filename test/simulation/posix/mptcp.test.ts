// SPDX-License-Identifier: GPL-2.0-only

/** The path manager of Multipath TCP through generic netlink. */
import { expect, test } from 'vitest';
import { Simulation } from '../../../src/dce/index.js';
import { netlink, netlinkClient } from '../../../src/posix/index.js';

test('endpoints and limits are what was set', () => {
  const sim = new Simulation();
  const { posix } = sim.host('alice');
  const manager = new netlink.MptcpPathManager(
    netlinkClient(posix.service, netlink.constants.NETLINK_GENERIC),
  );
  manager.setLimits({ subflows: 3 });
  manager.setLimits({ announcementsAccepted: 2 });
  expect(manager.limits()).toEqual({ announcementsAccepted: 2, subflows: 3 });

  manager.addEndpoint({ address: '192.0.2.1', id: 5, subflow: true, backup: true });
  manager.addEndpoint({ address: '2001:db8::1', id: 6, signal: true });
  const others = { signal: false, subflow: false, backup: false, fullMesh: false };
  expect(manager.endpoints()).toEqual([
    { ...others, address: '192.0.2.1', id: 5, subflow: true, backup: true },
    { ...others, address: '2001:db8::1', id: 6, signal: true },
  ]);
  manager.removeEndpoint(5);
  expect(manager.endpoints().map(({ id }) => id)).toEqual([6]);
  expect(() => manager.removeEndpoint(77)).toThrow(/EINVAL|ENOENT/);
});

test('a family that the kernel has not is ENOENT', () => {
  const { posix } = new Simulation().host('alice');
  const client = netlinkClient(posix.service, netlink.constants.NETLINK_GENERIC);
  expect(() => new netlink.GenericFamily(client, 'nonsense', 1)).toThrow(/ENOENT/);
});
