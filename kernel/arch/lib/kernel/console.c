// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two consoles: printk's, which hands the host one record at a time, and
 * /dev/console, whose written lines become such records.
 */
#include <linux/console.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/uaccess.h>

#include "lib.h"

/* An extended record: "prefix,sequence,time,flags;text\n", then its dictionary. */
static void console_write(struct console *con, const char *record, unsigned int length)
{
	const char *text = memchr(record, ';', length), *end;
	unsigned int prefix = 0;

	if (!text)
		return;
	for (; record < text && *record >= '0' && *record <= '9'; record++)
		prefix = prefix * 10 + *record - '0';
	length -= text - record;
	text++;
	end = strnchr(text, length, '\n');
	host_log(prefix & 7, (unsigned long)text, end ? end - text : length - 1);
}

static struct console console = {
	.name	= "host",
	.write	= console_write,
	.flags	= CON_PRINTBUFFER | CON_ENABLED | CON_EXTENDED | CON_ANYTIME,
	.index	= -1,
};

static int __init console_register(void)
{
	register_console(&console);
	return 0;
}
console_initcall(console_register);

static ssize_t device_write(struct file *file, const char __user *buffer, size_t count,
			    loff_t *pos)
{
	char line[256];
	size_t done = 0;

	while (done < count) {
		size_t part = min(count - done, sizeof(line)), length;
		char *newline;

		if (copy_from_user(line, buffer + done, part))
			return done ?: -EFAULT;
		newline = memchr(line, '\n', part);
		length = newline ? newline - line : part;
		host_log(6, (unsigned long)line, length);
		done += newline ? length + 1 : length;
	}
	return count;
}

static const struct file_operations device = {
	.owner	= THIS_MODULE,
	.write	= device_write,
	.llseek	= noop_llseek,
};

static int __init device_register(void)
{
	return register_chrdev(5, "console", &device);
}
fs_initcall(device_register);
