/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_SYSFS_H
#define _CBREAK_SYSFS_H

#include <linux/device.h>
#include <linux/kobject.h>

#include "dest.h"

struct cbreak_net;
struct cbreak_rule;

/**
 * struct cbreak_rule_dev - a rule's directory
 * @dev: the device
 * @cn: its namespace
 * @rule: the rule; not used once the device is deleted
 * @breakers: the directory of its breakers' directories
 * @nr_shown: how many there are
 */
struct cbreak_rule_dev {
	struct device dev;
	struct cbreak_net *cn;
	struct cbreak_rule *rule;
	struct kobject *breakers;
	unsigned int nr_shown;
};

/**
 * struct cbreak_shown - a breaker's directory
 * @kobj: the directory
 * @node: place among the shown breakers of the namespace
 * @cn: the namespace
 * @key: the breaker; looked up at each read, as it may go at any time
 */
struct cbreak_shown {
	struct kobject kobj;
	struct hlist_node node;
	struct cbreak_net *cn;
	struct cbreak_key key;
};

static inline struct cbreak_rule_dev *cbreak_rule_dev(const struct device *dev)
{
	return container_of(dev, struct cbreak_rule_dev, dev);
}

extern const struct attribute_group *cbreak_rule_dev_groups[];
extern const struct kobj_type cbreak_shown_ktype;

int cbreak_sysfs_register(void);
void cbreak_sysfs_unregister(void);
void cbreak_sysfs_init(struct cbreak_net *cn, unsigned int max);
void cbreak_sysfs_uninit(struct cbreak_net *cn);
int cbreak_sysfs_add_rule(struct cbreak_net *cn, struct cbreak_rule *rule);
void cbreak_sysfs_remove_rule(struct cbreak_net *cn, struct cbreak_rule *rule);

#endif /* _CBREAK_SYSFS_H */
