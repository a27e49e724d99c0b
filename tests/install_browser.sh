#!/usr/bin/env bash
# The browser tests need Chromium. As root on Debian it is installed; elsewhere they are skipped, and say so.
set -euo pipefail
for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Chromium for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "no Chromium here, and no root to install it: the browser tests will be skipped"
fi
