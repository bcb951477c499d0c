/* SPDX-License-Identifier: Apache-2.0
 *
 * LD_PRELOAD: every file system says that it is NFS, as statfs(2) tells it.
 */
#include <dlfcn.h>
#include <sys/vfs.h>

int statfs(const char *path, struct statfs *to)
{
	int (*real)(const char *, struct statfs *) =
		(int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
	int result = real(path, to);

	to->f_type = 0x6969;
	return result;
}
