// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's memory management without an MMU, compiled here for one difference: to
 * map pages in a row is BUG() there, which a program could reach (an eBPF ring
 * buffer). Here it fails, as when there is no room for it.
 */
#define vmap		linux_vmap
#define vunmap		linux_vunmap
#define vm_map_ram	linux_vm_map_ram
#define vm_unmap_ram	linux_vm_unmap_ram

#include "mm/nommu.c"

#undef vmap
#undef vunmap
#undef vm_map_ram
#undef vm_unmap_ram

/* <linux/vmalloc.h> has declared the renamed ones. */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot);
void vunmap(const void *mem);
void *vm_map_ram(struct page **pages, unsigned int count, int node);
void vm_unmap_ram(const void *mem, unsigned int count);

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	return NULL;
}

void vunmap(const void *mem)
{
	WARN_ON(mem);
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	return NULL;
}

void vm_unmap_ram(const void *mem, unsigned int count)
{
	WARN_ON(mem);
}
