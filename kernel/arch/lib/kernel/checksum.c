// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's checksum (lib/checksum.c, compiled through this file) over a loop of
 * ours: sixteen bytes at a time, wherever they lie.
 */
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/unaligned.h>

/* Clang makes one instruction of each operation on these, in either form. */
typedef u32 lanes_t __attribute__((vector_size(16), aligned(1)));

/*
 * The halves of each word are added up apart, so that a lane has room for the
 * carries of so many bytes.
 */
#define LANES_BYTES_MAX	(1 << 19)

static u64 sum_of_lanes(lanes_t lanes)
{
	return (u64)lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

/* The sum of 16-bit words as the machine reads them, folded to 16 bits. */
static unsigned int do_csum(const unsigned char *buff, int len)
{
	u64 sum = 0;

	while (len >= (int)sizeof(lanes_t)) {
		int part = min(len & -(int)sizeof(lanes_t), LANES_BYTES_MAX);
		lanes_t low = { }, high = { };

		for (len -= part; part > 0; part -= sizeof(lanes_t)) {
			lanes_t words = *(const lanes_t *)buff;

			low += words & 0xffff;
			high += words >> 16;
			buff += sizeof(lanes_t);
		}
		sum += sum_of_lanes(low) + sum_of_lanes(high);
	}
	for (; len >= 4; len -= 4, buff += 4)
		sum += get_unaligned((const u32 *)buff);
	if (len >= 2) {
		sum += get_unaligned((const u16 *)buff);
		len -= 2;
		buff += 2;
	}
	if (len > 0)
		sum += *buff;	/* little-endian: the low byte of a word */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

#define do_csum do_csum
#include <lib/checksum.c>
