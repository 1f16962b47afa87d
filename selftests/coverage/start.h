/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What coverage.sh includes in its copy of main.c, in place of the line that
 * says what is run when the module is loaded: nobody calls the constructors
 * of a module here, so gcc puts what they would hand over into a section.
 */
struct gcov_info;

extern struct gcov_info *cover_begin[], *cover_end[];

void __gcov_init(struct gcov_info *info);

static int __init cover_init(void)
{
	struct gcov_info **info;

	for (info = cover_begin; info < cover_end; info++)
		__gcov_init(*info);
	return cbreak_init();
}
module_init(cover_init);
