/* SPDX-License-Identifier: GPL-2.0 */
	.section .gcov_info, "aw"
	.balign 8
	.globl cover_begin
cover_begin:
