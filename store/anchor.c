/* SPDX-License-Identifier: Apache-2.0
 *
 * See anchor.h.
 */
#include "store/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"

int anchor_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad;

	if (fd < 0)
		return errno == EACCES || errno == EPERM ? 0 :
		       err_set(err, EXIT_OUTPUT, "cannot open folder '%s':", path);
	bad = fsync(fd) && errno != EINVAL && errno != EOPNOTSUPP && errno != EROFS ?
	      err_set(err, EXIT_OUTPUT, "cannot sync folder '%s':", path) : 0;
	close(fd);
	return bad;
}

int anchor_name(const char *path, struct err *err)
{
	char *folder = xstrdup(path), *slash = strrchr(folder, '/');
	int result;

	if (slash)
		slash[slash == folder] = '\0';
	result = anchor_folder(slash ? folder : ".", err);
	free(folder);
	return result;
}
