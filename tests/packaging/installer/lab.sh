# What every test of packaging/install.sh begins with: a site with release 0.1.0, and sandboxes to
# install in. Sourced by bash, from the project's root.
#
# Sets $script (the installer), $base (the site's address) and $token. Needs root; needs no network.
# shellcheck shell=bash

# shellcheck source=tests/packaging/lib.sh
. tests/packaging/lib.sh
# shellcheck source=tests/packaging/installer/site.sh
. tests/packaging/installer/site.sh
# shellcheck source=tests/packaging/installer/sandbox.sh
. tests/packaging/installer/sandbox.sh
need_root
need curl python3 unshare

script=$PWD/packaging/install.sh
token="t0ken-that-must-not-leak"

# Its user may not be the one who installs.
chmod 755 "$work"
stubs
mkdir -p "$work/site"
release 0.1.0 good
serve "$work/site" 0
