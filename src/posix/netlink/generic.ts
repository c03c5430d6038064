// SPDX-License-Identifier: GPL-2.0-only
/** Generic netlink: families that are known by name, whose number the kernel gives out as it boots. */
import { errno, SystemError } from '../errno.js';
import { lp64 } from '../struct/data-model.js';
import { genlmsghdr } from '../struct/netlink.js';
import { policy, text, u16 } from './attributes.js';
import type { NetlinkClient } from './client.js';
import {
  CTRL_ATTR_FAMILY_ID,
  CTRL_ATTR_FAMILY_NAME,
  CTRL_CMD_GETFAMILY,
  GENL_ID_CTRL,
} from './constants/message.js';

const familyPolicy = policy({
  id: [CTRL_ATTR_FAMILY_ID, u16],
  name: [CTRL_ATTR_FAMILY_NAME, text],
});
const controllerVersion = 2;

/** One family of generic netlink. */
export class GenericFamily {
  readonly name: string;
  readonly #client: NetlinkClient;
  readonly #id: number;
  readonly #version: number;

  /** ENOENT: the kernel has no such family. `client` is of NETLINK_GENERIC. */
  constructor(client: NetlinkClient, name: string, version: number) {
    this.name = name;
    this.#client = client;
    this.#version = version;
    const asked = [header(CTRL_CMD_GETFAMILY, controllerVersion), familyPolicy.encode({ name })];
    const { messages } = client.request('CTRL_CMD_GETFAMILY', GENL_ID_CTRL, 0, ...asked);
    const [answer] = messages.map(({ payload }) => familyPolicy.decode(attributesOf(payload)));
    if (answer?.id === undefined) {
      throw new SystemError(errno.ENOENT, 'CTRL_CMD_GETFAMILY', { detail: name });
    }
    this.#id = answer.id;
  }

  /** One command; the attributes of each answer. */
  request(what: string, command: number, attributes: Uint8Array): readonly Uint8Array[] {
    const parts = [header(command, this.#version), attributes];
    const { messages } = this.#client.request(what, this.#id, 0, ...parts);
    return messages.map(({ payload }) => attributesOf(payload));
  }

  /** All objects of a kind: the attributes of each. */
  dump(what: string, command: number): readonly Uint8Array[] {
    return this.#client
      .dump(what, this.#id, header(command, this.#version))
      .map(({ payload }) => attributesOf(payload));
  }
}

function header(cmd: number, version: number): Uint8Array {
  return genlmsghdr.encode({ cmd, version, reserved: 0 }, lp64);
}

function attributesOf(payload: Uint8Array): Uint8Array {
  return payload.subarray(genlmsghdr.sizeof(lp64));
}
