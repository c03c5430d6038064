// SPDX-License-Identifier: GPL-2.0-only

/** Opens the NIC that a URL names. */
import type { NicBackend, NicEnvironment } from './backend.js';
import { PacketNic } from './packet.js';
import { PasstNic } from './passt.js';
import { PcapNic } from './pcap.js';
import { TapNic } from './tap.js';
import { UnixNic } from './unix.js';
import type { NicUrl } from './url.js';
import { XdpNic } from './xdp.js';

/** Throws ERR_LIBOS_NIC, which says what is missing and what to do. */
export async function openNic(url: NicUrl, environment: NicEnvironment): Promise<NicBackend> {
  switch (url.scheme) {
    case 'tap':
      return new TapNic(url, environment);
    case 'packet':
      return new PacketNic(url, environment);
    case 'passt':
      return await PasstNic.open(url, environment);
    case 'pcap':
      return new PcapNic(url, environment);
    case 'unix':
      return new UnixNic(url, environment);
    case 'xdp':
      return new XdpNic(url, environment);
  }
}
