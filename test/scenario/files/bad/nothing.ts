// SPDX-License-Identifier: GPL-2.0-only

export const answer = 42;
