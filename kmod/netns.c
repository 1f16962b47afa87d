// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: life of a network namespace
 *
 * Everything is per namespace, and a namespace without rules costs the memory
 * of struct cbreak_net and nothing else: hooks and the table of attempts come
 * with the first rule and go with the last.
 *
 * A namespace goes in two steps: packets are left alone in pre_exit, while
 * others still see the namespace; rules and breakers go in exit.
 */
#include <linux/module.h>

#include "abort.h"
#include "control.h"
#include "follow.h"
#include "hook.h"
#include "net.h"
#include "netns.h"
#include "outcome.h"
#include "sysfs.h"

static unsigned int max_breakers = 4096;
module_param(max_breakers, uint, 0444);
MODULE_PARM_DESC(max_breakers,
		 "most breakers per network namespace, 1 to 1048576 (4096)");

static unsigned int max_attempts = 16384;
module_param(max_attempts, uint, 0444);
MODULE_PARM_DESC(max_attempts,
		 "connection attempts in flight per network namespace, 256 to 1048576, rounded up to a power of two (16384)");

static unsigned int max_followed = 16384;
module_param(max_followed, uint, 0444);
MODULE_PARM_DESC(max_followed,
		 "connections per network namespace that are followed to their end, 256 to 1048576, rounded up to a power of two (16384)");

static unsigned int sysfs_max = 1024;
module_param(sysfs_max, uint, 0444);
MODULE_PARM_DESC(sysfs_max,
		 "most breakers shown in sysfs per network namespace, 0 to 65536 (1024)");

static unsigned int idle_timeout = 300;
module_param(idle_timeout, uint, 0444);
MODULE_PARM_DESC(idle_timeout,
		 "seconds without a connection after which a breaker that is not BROKEN is removed, 1 to 86400 (300)");

static unsigned int freeze_timeout = 60;
module_param(freeze_timeout, uint, 0444);
MODULE_PARM_DESC(freeze_timeout,
		 "seconds after which breakers may trip again although a local fault lasts, 1 to 3600 (60)");

unsigned int cbreak_net_id __read_mostly;

static int __net_init net_init(struct net *net)
{
	struct cbreak_net *cn = cbreak_net(net);
	int err;

	cn->net = net;
	cn->max_attempts = roundup_pow_of_two(clamp(max_attempts, 256U,
						    1048576U));
	cn->max_followed = clamp(max_followed, 256U, 1048576U);
	mutex_init(&cn->lock);
	cn->stats = alloc_percpu_gfp(struct cbreak_stats,
				     GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!cn->stats)
		return -ENOMEM;
	err = cbreak_dests_init(&cn->dests, net, cn->stats,
				clamp(max_breakers, 1U, 1048576U),
				clamp(idle_timeout, 1U, 86400U),
				clamp(freeze_timeout, 1U, 3600U));
	if (err) {
		free_percpu(cn->stats);
		return err;
	}
	cbreak_rules_init(&cn->rules, &cn->dests.guard);
	cbreak_outcome_init(cn);
	cbreak_abort_init(cn);
	cbreak_sysfs_init(cn, min(sysfs_max, 65536U));
	return 0;
}

static void __net_exit net_pre_exit(struct net *net)
{
	struct cbreak_net *cn = cbreak_net(net);

	cbreak_hook_stop_all(cn);
	cbreak_follow_stop(cn);
}

static void __net_exit net_exit(struct net *net)
{
	struct cbreak_net *cn = cbreak_net(net);

	mutex_lock(&cn->lock);
	cbreak_control_remove_all(cn);
	mutex_unlock(&cn->lock);
	cbreak_sysfs_uninit(cn);
	cbreak_rules_uninit(&cn->rules);
	cbreak_dests_uninit(&cn->dests);
	free_percpu(cn->stats);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &cbreak_net_id,
	.size = sizeof(struct cbreak_net),
};

/**
 * cbreak_netns_register - prepare every namespace, present and future
 *
 * Return: 0 or an error.
 */
int cbreak_netns_register(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * cbreak_netns_unregister - leave every namespace
 */
void cbreak_netns_unregister(void)
{
	unregister_pernet_subsys(&net_ops);
}
