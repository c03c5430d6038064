/* SPDX-License-Identifier: GPL-2.0-only */
#define MODULE_ARCH_VERMAGIC "lib"
