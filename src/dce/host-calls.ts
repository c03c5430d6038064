// SPDX-License-Identifier: GPL-2.0-only

/** What is configured on a host, in short words: for `host.configure`, and for programs, whose `os` has it too. */
import { netlink, netlinkClient, type PosixHost } from '../posix/index.js';
import type { SimulatedHost } from './simulated-host.js';

/** What is configured on a host, in short words: in `host.configure`, and in programs, whose `os` has it too. */
export class HostCalls {
  readonly host: SimulatedHost;
  /** Everything else: processes, system calls, files, netlink. */
  readonly posix: PosixHost;
  #mptcp: netlink.MptcpPathManager | undefined;

  /** @internal */
  constructor(host: SimulatedHost, posix: PosixHost) {
    this.host = host;
    this.posix = posix;
  }

  /** `sysctl('net.ipv4.tcp_rmem')` reads a setting, with a value it sets it. */
  sysctl(name: string, value?: string | number): string {
    return this.posix.sysctl(name, value);
  }

  /** The congestion control of TCP connections from now on: "reno", "cubic", "bbr", … */
  congestionControl(name: string): void {
    this.posix.sysctl('net.ipv4.tcp_congestion_control', name);
  }

  /** Links, addresses, routes, rules, neighbours, queueing: what ip(8) and tc(8) do. */
  get route(): netlink.Rtnetlink {
    return this.posix.route;
  }

  /** Puts a queueing discipline at an interface's root: `qdisc('eth0', { kind: 'fq_codel' })`. */
  qdisc(link: string, settings: netlink.QdiscSettings): void {
    this.posix.route.trafficControl.replaceQdisc(link, settings);
  }

  /** A client of any netlink family: NETLINK_NETFILTER is where nftables and conntrack live. */
  netlink(protocol: number): netlink.NetlinkClient {
    return netlinkClient(this.posix.service, protocol);
  }

  /** Which addresses Multipath TCP uses and tells of: what ip-mptcp(8) does. */
  get mptcp(): netlink.MptcpPathManager {
    this.#mptcp ??= new netlink.MptcpPathManager(this.netlink(netlink.constants.NETLINK_GENERIC));
    return this.#mptcp;
  }

  /** The whole of a file of text, as of /proc. */
  readFile(path: string): string {
    return this.posix.readFile(path);
  }

  /** Writes a file of text, as of /proc. */
  writeFile(path: string, data: string): void {
    this.posix.writeFile(path, data);
  }
}
