# SPDX-License-Identifier: GPL-2.0
#
# "make help" says what there is.

# The running kernel's headers, else the newest that are installed.
KDIR ?= $(or $(wildcard /lib/modules/$(shell uname -r)/build), \
	$(lastword $(shell ls -d /lib/modules/*/build \
		/usr/src/linux-headers-*[!n] 2>/dev/null | sort -V)))
PREFIX ?= /usr/local
export PREFIX DESTDIR

all: module tools

help:
	@echo 'Build'
	@echo '  make                 kmod/cbreak.ko and tools/cbctl/cbctl'
	@echo '  make module          the module, against KDIR=$(KDIR)'
	@echo '  make tools           cbctl; needs libmnl-dev and libjansson-dev'
	@echo '  make install         both, with DESTDIR, PREFIX and INSTALL_MOD_PATH'
	@echo '  make clean           remove what was built'
	@echo 'Try'
	@echo '  make demo            watch a service die and come back, in a VM'
	@echo '  make vm              a shell in a VM with the module loaded'
	@echo 'Test'
	@echo '  make check           every test: unit tests under UML, selftests in a VM'
	@echo '  make check-matrix    the selftests on kernels 5.10 to the newest;'
	@echo '                       MATRIX="5.10 newest" for some of them'
	@echo '  make check-debug     the selftests on kernels with KASAN, lockdep, KCSAN ...;'
	@echo '                       DEBUG="kcsan" or "kasan -- unload.sh" for less'
	@echo '  make coverage        which lines of the module the selftests run'
	@echo '  make bench           what a connection costs, in instructions; fails if more'
	@echo '                       than 1% above Documentation/benchmarks/'
	@echo '  make bench-record    the same, and record it there'
	@echo '  make static          W=1, sparse, checkpatch, shellcheck, layering, docs'
	@echo
	@echo 'The last two groups fetch what they lack from Debian, by package name,'
	@echo 'and keep it in $${CBREAK_CACHE:-$${XDG_CACHE_HOME:-~/.cache}/cbreak}.'

module:
	@test -n '$(KDIR)' || { echo 'No kernel headers found.' \
		'Install linux-headers for your kernel or give KDIR=...' >&2; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools:
	$(MAKE) -C tools/cbctl

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	test -n '$(DESTDIR)$(INSTALL_MOD_PATH)' || \
		depmod -a $$($(MAKE) -s -C $(KDIR) kernelrelease)
	$(MAKE) -C tools/cbctl install
	install -D -m 0644 kmod/uapi/linux/cbreak.h \
		$(DESTDIR)$(PREFIX)/include/linux/cbreak.h

# Without headers Kbuild is not there to clean up after itself.
clean:
	$(RM) Module.symvers modules.order .*.cmd
	find kmod selftests/faults \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name modules.order \
		\) -delete
	$(MAKE) -C tools/cbctl clean
	$(MAKE) -C selftests clean

demo vm check coverage static:
	selftests/$@.sh

check-matrix:
	selftests/matrix.sh $(MATRIX)

check-debug:
	selftests/debug.sh $(DEBUG)

bench:
	selftests/bench/run.sh

bench-record:
	selftests/bench/run.sh --record

.PHONY: all help module tools install clean demo vm check check-debug \
	check-matrix coverage static bench bench-record
