// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: cbreak, a circuit breaker for TCP destinations
 *
 * Loading and unloading. The netlink family comes last and goes first, so that
 * nobody asks for what is not there yet or any more.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "dest.h"
#include "netlink.h"
#include "netns.h"
#include "sysfs.h"

static int __init cbreak_init(void)
{
	int err;

	err = cbreak_dest_slab_init();
	if (err)
		return err;
	err = cbreak_sysfs_register();
	if (err)
		goto err_slab;
	err = cbreak_netns_register();
	if (err)
		goto err_sysfs;
	err = cbreak_netlink_register();
	if (err)
		goto err_netns;
	pr_info("cbreak: circuit breaker for TCP destinations loaded\n");
	return 0;

err_netns:
	cbreak_netns_unregister();
	rcu_barrier();
err_sysfs:
	cbreak_sysfs_unregister();
err_slab:
	cbreak_dest_slab_uninit();
	return err;
}

static void __exit cbreak_exit(void)
{
	cbreak_netlink_unregister();
	cbreak_netns_unregister();
	/* Rules and breakers on their way to be freed. */
	rcu_barrier();
	cbreak_sysfs_unregister();
	cbreak_dest_slab_uninit();
}

module_init(cbreak_init);
module_exit(cbreak_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Circuit breaker for TCP destinations");
MODULE_ALIAS_GENL_FAMILY(CBREAK_FAMILY_NAME);
