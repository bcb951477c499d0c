/* SPDX-License-Identifier: Apache-2.0
 *
 * version: the one place that says which capqa this is. No output record holds it but the
 * `run` record (--stats) and the store's meta, so a new version repeats old bytes.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define CAPQA_VERSION "0.1.0"
#define CAPQA_DATE "2026-11-25"	/* of this version; manual pages show it */

#endif
