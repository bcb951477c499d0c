#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes the manual pages from what the programs say of themselves.   pages.sh BIN OUT
set -eu
mkdir -p "$2"
for program in "$1"/capqa "$1"/capqa-*; do
	"$program" --man >"$2/${program##*/}.1"
done
