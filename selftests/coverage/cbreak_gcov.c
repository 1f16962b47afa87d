// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own gcov, as a module, for kernels that are built without it.
 * coverage.sh puts kernel/gcov of the kernel's source beside this file.
 */
#define pr_fmt(fmt)	"gcov: " fmt

#include <linux/init.h>
#include <linux/module.h>

#undef device_initcall
#define device_initcall(fn)

/* Only for links to the sources, which nobody follows. */
#define OBJTREE		"/none"
#define SRCTREE		"/none"

#include "gcov/base.c"
#include "gcov/gcc_base.c"
#include "gcov/gcc_4_7.c"
#include "gcov/fs.c"

static int __init cbreak_gcov_init(void)
{
	return gcov_init() ?: gcov_fs_init();
}
module_init(cbreak_gcov_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("gcov for one module");
