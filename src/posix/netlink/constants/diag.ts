// SPDX-License-Identifier: GPL-2.0-only
/** sock_diag: message types, extensions and attributes of the socket inspection protocols. A test compares the numbers with the kernel’s headers. */

// Messages
export const SK_MEMINFO_RMEM_ALLOC = 0;
export const SK_MEMINFO_RCVBUF = 1;
export const SK_MEMINFO_WMEM_ALLOC = 2;
export const SK_MEMINFO_SNDBUF = 3;
export const SK_MEMINFO_FWD_ALLOC = 4;
export const SK_MEMINFO_WMEM_QUEUED = 5;
export const SK_MEMINFO_OPTMEM = 6;
export const SK_MEMINFO_BACKLOG = 7;
export const SK_MEMINFO_DROPS = 8;
export const SOCK_DIAG_BY_FAMILY = 20;
export const SOCK_DESTROY = 21;

// Internet sockets
export const INET_DIAG_NONE = 0;
export const INET_DIAG_REQ_NONE = 0;
export const INET_DIAG_MEMINFO = 1;
export const INET_DIAG_REQ_BYTECODE = 1;
export const INET_DIAG_INFO = 2;
export const INET_DIAG_REQ_SK_BPF_STORAGES = 2;
export const INET_DIAG_REQ_PROTOCOL = 3;
export const INET_DIAG_VEGASINFO = 3;
export const INET_DIAG_CONG = 4;
export const INET_DIAG_TOS = 5;
export const INET_DIAG_TCLASS = 6;
export const INET_DIAG_SKMEMINFO = 7;
export const INET_DIAG_SHUTDOWN = 8;
export const INET_DIAG_DCTCPINFO = 9;
export const INET_DIAG_PROTOCOL = 10;
export const INET_DIAG_SKV6ONLY = 11;
export const INET_DIAG_LOCALS = 12;
export const INET_DIAG_PEERS = 13;
export const INET_DIAG_PAD = 14;
export const INET_DIAG_MARK = 15;
export const INET_DIAG_BBRINFO = 16;
export const INET_DIAG_CLASS_ID = 17;
export const INET_DIAG_MD5SIG = 18;
export const INET_DIAG_ULP_INFO = 19;
export const INET_DIAG_SK_BPF_STORAGES = 20;
export const INET_DIAG_CGROUP_ID = 21;
export const INET_DIAG_SOCKOPT = 22;
export const INET_DIAG_NOCOOKIE = 4294967295;
export const TCPDIAG_GETSOCK = 18;

// UNIX, netlink and packet sockets
export const NDIAG_SHOW_MEMINFO = 1;
export const NDIAG_SHOW_GROUPS = 2;
export const NDIAG_SHOW_RING_CFG = 4;
export const NDIAG_SHOW_FLAGS = 8;
export const NETLINK_DIAG_MEMINFO = 0;
export const NETLINK_DIAG_GROUPS = 1;
export const NETLINK_DIAG_RX_RING = 2;
export const NETLINK_DIAG_TX_RING = 3;
export const NETLINK_DIAG_FLAGS = 4;
export const PACKET_DIAG_INFO = 0;
export const PACKET_DIAG_MCLIST = 1;
export const PACKET_SHOW_INFO = 1;
export const PACKET_DIAG_RX_RING = 2;
export const PACKET_SHOW_MCLIST = 2;
export const PACKET_DIAG_TX_RING = 3;
export const PACKET_DIAG_FANOUT = 4;
export const PACKET_SHOW_RING_CFG = 4;
export const PACKET_DIAG_UID = 5;
export const PACKET_DIAG_MEMINFO = 6;
export const PACKET_DIAG_FILTER = 7;
export const PACKET_SHOW_FANOUT = 8;
export const PACKET_SHOW_MEMINFO = 16;
export const PACKET_SHOW_FILTER = 32;
export const UDIAG_SHOW_NAME = 1;
export const UDIAG_SHOW_VFS = 2;
export const UDIAG_SHOW_PEER = 4;
export const UDIAG_SHOW_ICONS = 8;
export const UDIAG_SHOW_RQLEN = 16;
export const UDIAG_SHOW_MEMINFO = 32;
export const UDIAG_SHOW_UID = 64;
export const UNIX_DIAG_NAME = 0;
export const UNIX_DIAG_VFS = 1;
export const UNIX_DIAG_PEER = 2;
export const UNIX_DIAG_ICONS = 3;
export const UNIX_DIAG_RQLEN = 4;
export const UNIX_DIAG_MEMINFO = 5;
export const UNIX_DIAG_SHUTDOWN = 6;
export const UNIX_DIAG_UID = 7;
