// SPDX-License-Identifier: GPL-2.0-only

/** A frame as rules and predicates see it: read when asked for, one segment, as the wire carries it. */

export interface FrameView {
  readonly timeNs: number;
  /** From the link's first end to its second: forward. */
  readonly direction: 'forward' | 'backward';
  /** The labels of the ends that it comes from and goes to, e.g. "alice.eth0". */
  readonly from: string;
  readonly to: string;
  readonly lengthBytes: number;
  /** From the Ethernet header on, checksums done: a copy. */
  readonly bytes: Uint8Array;
  readonly etherType: number;
  readonly sourceMac: string;
  readonly destinationMac: string;
  /** IP addresses, or those that an ARP packet names; undefined when there are none. */
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** The IP protocol (6 is TCP, 17 UDP, 1 ICMP, 58 ICMPv6), undefined when it is no IP packet. */
  readonly protocol: number | undefined;
  /** Of TCP and UDP. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly tcp: TcpView | undefined;
  /** Bytes behind the transport header; of other packets, behind the IP header. */
  readonly payload: Uint8Array;
}

export interface TcpView {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
}
