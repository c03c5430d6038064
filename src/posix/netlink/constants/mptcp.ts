// SPDX-License-Identifier: GPL-2.0-only
/** The path manager of Multipath TCP: commands and attributes. A test compares the numbers with the kernel’s headers. */

export const MPTCP_PM_VER = 1;
export const MPTCP_PM_CMD_ADD_ADDR = 1;
export const MPTCP_PM_CMD_DEL_ADDR = 2;
export const MPTCP_PM_CMD_GET_ADDR = 3;
export const MPTCP_PM_CMD_FLUSH_ADDRS = 4;
export const MPTCP_PM_CMD_SET_LIMITS = 5;
export const MPTCP_PM_CMD_GET_LIMITS = 6;
export const MPTCP_PM_ATTR_ADDR = 1;
export const MPTCP_PM_ATTR_RCV_ADD_ADDRS = 2;
export const MPTCP_PM_ATTR_SUBFLOWS = 3;
export const MPTCP_PM_ADDR_ATTR_FAMILY = 1;
export const MPTCP_PM_ADDR_ATTR_ID = 2;
export const MPTCP_PM_ADDR_ATTR_ADDR4 = 3;
export const MPTCP_PM_ADDR_ATTR_ADDR6 = 4;
export const MPTCP_PM_ADDR_ATTR_PORT = 5;
export const MPTCP_PM_ADDR_ATTR_FLAGS = 6;
export const MPTCP_PM_ADDR_ATTR_IF_IDX = 7;
export const MPTCP_PM_ADDR_FLAG_SIGNAL = 1;
export const MPTCP_PM_ADDR_FLAG_SUBFLOW = 2;
export const MPTCP_PM_ADDR_FLAG_BACKUP = 4;
export const MPTCP_PM_ADDR_FLAG_FULLMESH = 8;
