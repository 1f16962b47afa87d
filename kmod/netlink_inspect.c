// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: which program inspects a rule's failures
 *
 * A request names it by a descriptor of its sender, who was allowed to load or
 * to open it; who may change the rule needs no other privilege for it.
 *
 * Context: process.
 */
#include "inspect.h"
#include "netlink.h"

static const char *reason(int err)
{
	switch (err) {
	case -EBADF:
		return "there is no such descriptor";
	case -EINVAL:
		return "an inspector is a BPF program of the type socket filter";
	case -EOPNOTSUPP:
		return "this kernel was built without BPF";
	}
	return "the inspector cannot be had";
}

/**
 * cbreak_netlink_get_inspector - the inspector that a request asks for
 * @attrs: the request's attributes
 * @p: the parameters as they are; gets the inspector, with a reference which
 *     the caller gives back
 * @extack: where the reason of a refusal goes
 *
 * Return: 0; or an error, and then p->inspector is NULL: see
 *	   cbreak_inspect_find_get().
 */
int cbreak_netlink_get_inspector(struct nlattr **attrs, struct cbreak_params *p,
				 struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[CBREAK_A_RULE_INSPECTOR_FD];
	int err;

	if (!attr) {
		cbreak_inspect_get(p->inspector);
		return 0;
	}
	p->inspector = NULL;
	if (nla_get_s32(attr) == -1)
		return 0;
	p->inspector = cbreak_inspect_find_get(nla_get_s32(attr));
	if (!IS_ERR(p->inspector))
		return 0;
	err = PTR_ERR(p->inspector);
	p->inspector = NULL;
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = reason(err);
	return err;
}
