// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file system that a host starts with, in place of init/do_mounts.c: a
 * memory file system as root, /proc, /sys, and the devices that programs open.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/init_syscalls.h>
#include <linux/kdev_t.h>
#include <linux/miscdevice.h>
#include <linux/ramfs.h>
#include <linux/stat.h>
#include <linux/umh.h>

#include "lib.h"

struct file_system_type rootfs_fs_type = {
	.name		 = "rootfs",
	.init_fs_context = ramfs_init_fs_context,
};

void __init init_rootfs(void)
{
}

static void __init device(const char *path, umode_t mode, unsigned int major, unsigned int minor)
{
	init_mknod(path, S_IFCHR | mode, new_encode_dev(MKDEV(major, minor)));
}

static void __init mount(const char *type, const char *path)
{
	int error;

	init_mkdir(path, 0755);
	error = init_mount(type, path, type, 0, NULL);
	if (error)
		pr_err("cannot mount %s on %s: error %d\n", type, path, error);
}

void __init prepare_namespace(void)
{
	/* There are no programs to help: who asks (the bridge's STP) does without. */
	usermodehelper_disable();
	mount("proc", "/proc");
	mount("sysfs", "/sys");
	init_mkdir("/tmp", 01777);
	init_mkdir("/run", 0755);
	init_mkdir("/run/netns", 0755);
	init_mkdir("/var", 0755);
	init_symlink("../run", "/var/run");
	init_mkdir("/etc", 0755);
	init_mkdir("/dev/net", 0755);
	device("/dev/null", 0666, 1, 3);
	device("/dev/zero", 0666, 1, 5);
	device("/dev/full", 0666, 1, 7);
	device("/dev/random", 0666, 1, 8);
	device("/dev/urandom", 0666, 1, 9);
	device("/dev/kmsg", 0600, 1, 11);
	device("/dev/net/tun", 0666, 10, TUN_MINOR);
}

