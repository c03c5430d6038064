// SPDX-License-Identifier: GPL-2.0-only
/* Randomness is the host's alone: with a seeded host, runs repeat. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <asm/archrandom.h>
#include <linux/string.h>

#include "lib.h"

size_t lib_random_longs(unsigned long *v, size_t max_longs)
{
	host_entropy((unsigned long)v, max_longs * sizeof(*v));
	return max_longs;
}

/* Context: called by the host, after it has copied a booted image. */
void lib_reseed(void)
{
	struct file *urandom;
	u8 seed[32];

	host_entropy((unsigned long)seed, sizeof(seed));
	lib_enter(lib_init);
	add_device_randomness(seed, sizeof(seed));
	memzero_explicit(seed, sizeof(seed));
	urandom = filp_open("/dev/urandom", O_RDONLY, 0);
	if (!IS_ERR(urandom)) {
		urandom->f_op->unlocked_ioctl(urandom, RNDRESEEDCRNG, 0);
		fput(urandom);
	}
	lib_leave();
}
