/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_ELF_H
#define __ASM_LIB_ELF_H
/* No ELF file is ever loaded: the constants only satisfy headers. */
#include <asm/ptrace.h>
typedef unsigned long elf_greg_t;
typedef elf_greg_t elf_gregset_t[sizeof(struct pt_regs) / sizeof(elf_greg_t)];
typedef unsigned long elf_fpregset_t;
#define ELF_ARCH	EM_NONE
#ifdef CONFIG_64BIT
#define ELF_CLASS	ELFCLASS64
#else
#define ELF_CLASS	ELFCLASS32
#endif
#define ELF_DATA	ELFDATA2LSB
#define elf_check_arch(x)	(0)
#define ELF_PLATFORM	"lib"
#define ELF_HWCAP	0
#define ELF_ET_DYN_BASE	0
#define ELF_EXEC_PAGESIZE	4096
#define CORE_DUMP_USE_REGSET
#endif
