#!/usr/bin/env bash
# System packages for the browser tests: a browser and a Korean font. Installed only where
# HWAN_SYSTEM=1 says that this machine may be changed; elsewhere the tests that need them skip.
set -euo pipefail
[ "${HWAN_SYSTEM:-}" = 1 ] || exit 0
command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk' && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
