// SPDX-License-Identifier: GPL-2.0-only
/* The page of trusted system calls: see trusted.h. */
#define LIBOS_WANT_PATTERNS
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/interface.generated.h"
#include "trusted.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

typedef long system_call(long number, long a, long b, long c, long d, long e, long f);

/* One function, which works wherever it is copied to. */
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl libos_raw_call\n"
	".hidden libos_raw_call\n"
	".type libos_raw_call, @function\n"
	"libos_raw_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"
	".globl libos_raw_call_end\n"
	".hidden libos_raw_call_end\n"
	"libos_raw_call_end:\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text\n"
	".globl libos_raw_call\n"
	".hidden libos_raw_call\n"
	".type libos_raw_call, %function\n"
	"libos_raw_call:\n"
	"	mov x8, x0\n"
	"	mov x0, x1\n"
	"	mov x1, x2\n"
	"	mov x2, x3\n"
	"	mov x3, x4\n"
	"	mov x4, x5\n"
	"	mov x5, x6\n"
	"	svc #0\n"
	"	ret\n"
	".globl libos_raw_call_end\n"
	".hidden libos_raw_call_end\n"
	"libos_raw_call_end:\n"
	".popsection\n");
#endif

extern system_call libos_raw_call;
extern const char libos_raw_call_end[];

static system_call *trusted = libos_raw_call;

void libos_trust(void)
{
	size_t length = (size_t)(libos_raw_call_end - (const char *)libos_raw_call);
	void *page = mmap((void *)LIBOS_TRUSTED_PAGE, LIBOS_TRUSTED_PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (page == MAP_FAILED)
		return;
	if (page != (void *)LIBOS_TRUSTED_PAGE) {
		munmap(page, LIBOS_TRUSTED_PAGE_BYTES);
		return;
	}
	memcpy(page, (const void *)libos_raw_call, length);
	if (mprotect(page, LIBOS_TRUSTED_PAGE_BYTES, PROT_READ | PROT_EXEC) < 0) {
		munmap(page, LIBOS_TRUSTED_PAGE_BYTES);
		return;
	}
	__builtin___clear_cache(page, (char *)page + length);
	trusted = (system_call *)page;
}

long libos_trusted_call(long number, long a, long b, long c, long d, long e, long f)
{
	return trusted(number, a, b, c, d, e, f);
}

long libos_caught_call(long number, long a, long b, long c, long d, long e, long f)
{
	return libos_raw_call(number, a, b, c, d, e, f);
}

long libos_cancellable_call(libos_way *way, long number, const long a[6])
{
	long result;
	int type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	result = way(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	pthread_setcanceltype(type, NULL);
	return result;
}

long libos_finish(long result)
{
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* Whether a pattern names the path or a folder above it. */
static bool covers(const char *pattern, const char *path)
{
	while (*pattern) {
		if (*pattern == '*') {
			while (*path && *path != '/')
				path++;
			pattern++;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0' || *path == '/';
}

bool libos_is_ours(const char *path)
{
	if (!path || path[0] != '/' || (path[1] != 'p' && path[1] != 'e' && path[1] != 's'))
		return false;
	for (size_t i = 0; i < sizeof(libos_patterns) / sizeof(libos_patterns[0]); i++) {
		if (covers(libos_patterns[i], path))
			return true;
	}
	return false;
}
