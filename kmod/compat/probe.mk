# SPDX-License-Identifier: GPL-2.0
# What the headers of this kernel have, asked of the headers themselves: a
# version number says little about a stable kernel.

probe = $(if $(shell grep -qE '$(2)' $(srctree)/include/$(1) && echo y),-D$(3))

ccflags-y += $(call probe,linux/hrtimer.h,void hrtimer_setup\b,HAVE_HRTIMER_SETUP)
ccflags-y += $(call probe,net/genetlink.h,\bgenl_info_dump\b,HAVE_GENL_INFO_DUMP)
ccflags-y += $(call probe,linux/device/class.h,namespace.*const struct device,HAVE_CLASS_NS_CONST)
ccflags-y += $(call probe,linux/device/class.h,struct ns_common .*namespace,HAVE_CLASS_NS_COMMON)
ccflags-y += $(call probe,linux/kobject.h,const struct kobj_type\b.*\*ktype;,HAVE_KTYPE_CONST)
ccflags-y += $(call probe,net/sock.h,kuid_t sk_uid\b,HAVE_SK_UID)
ccflags-y += $(call probe,net/inet_hashtables.h,__inet_lookup_established.net. saddr,HAVE_LOOKUP_BY_NET)
