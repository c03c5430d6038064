// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's access to the pages of user memory, compiled here because a task of the
 * port has no address space to look them up in: user memory is mapped one to one,
 * so a page is its address. For kernel TLS, MSG_ZEROCOPY, vmsplice and AF_ALG.
 */
#define get_user_pages_fast	linux_get_user_pages_fast
#define pin_user_pages_fast	linux_pin_user_pages_fast

#include "mm/gup.c"

#undef get_user_pages_fast
#undef pin_user_pages_fast

/* <linux/mm.h> has declared the renamed ones. */
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages);
int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages);

static int take(unsigned long start, int nr_pages, unsigned int flags, struct page **pages)
{
	unsigned long address = start & PAGE_MASK;
	int i;

	for (i = 0; i < nr_pages; i++, address += PAGE_SIZE) {
		struct page *page;

		if (!access_ok((void __user *)address, PAGE_SIZE))
			break;
		page = virt_to_page(address);
		if (try_grab_folio(page_folio(page), 1, flags))
			break;
		pages[i] = page;
	}
	return i ?: -EFAULT;
}

int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages)
{
	return take(start, nr_pages, FOLL_GET, pages);
}

int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages)
{
	return take(start, nr_pages, FOLL_PIN, pages);
}
