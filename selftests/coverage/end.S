/* SPDX-License-Identifier: GPL-2.0 */
	.section .gcov_info, "aw"
	.globl cover_end
cover_end:
