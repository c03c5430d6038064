// SPDX-License-Identifier: GPL-2.0-only
/* Kbuild wants this file; the port has no assembly that would need an offset. */
#include <linux/kbuild.h>

int main(void);
int main(void)
{
	DEFINE(LIB_ASM_OFFSETS_NONE, 0);
	return 0;
}
