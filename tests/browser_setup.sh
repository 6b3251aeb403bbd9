#!/bin/sh
# A browser for the browser tier: the one that is installed, or Debian's where this user may install it.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium and fonts for the browser tests ..."
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        chromium fonts-noto-core fonts-noto-cjk; } >/tmp/hexwatch-apt.log 2>&1 \
        || echo "Chromium could not be installed; the browser tier will be skipped."
fi
exit 0
