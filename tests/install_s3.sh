#!/usr/bin/env bash
# The tests of storage need a real S3 server: Ceph's, on one node. As root on Debian it is installed; elsewhere they are
# skipped, and say so.
set -euo pipefail
if command -v radosgw ceph-mon ceph-osd >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Ceph's S3 server for the tests of storage"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends radosgw ceph-mon ceph-osd >/dev/null
else
    echo "no S3 server here, and no root to install it: the tests of storage on S3 will be skipped"
fi
