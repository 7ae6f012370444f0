# The pages of releases, as GitHub has them, served on loopback. Sourced by bash, from the project's
# root, after tests/packaging/lib.sh.
#
# Programs of the releases are small scripts: so there can be several versions, and a broken one.
# shellcheck shell=bash disable=SC2154 # lib.sh sets $work

# This machine's; a test that wants others says so before it makes a release.
targets=("$(uname -m)-unknown-linux-musl")

# release VERSION BEHAVIOUR: tarballs of programs for $targets, with SHA256SUMS; the latest from now
# on. A `good` program runs, a `broken` one does not stay up, a `mute` one does not even say its
# version.
release() {
    local version=$1 folder=$work/site/download/v$1 target
    mkdir -p "$folder"
    for target in "${targets[@]}"; do
        tarball kinglet "$@" packaging/kinglet.toml packaging/systemd/kinglet.service \
            packaging/openwrt/*
        [ "$(cross/targets "$target" hub)" != True ] ||
            tarball kinglet-hub "$@" packaging/hub/kinglet-hub.{toml,service}
    done
    (cd "$folder" && sha256sum ./*.tar.gz | sed 's|\./||' >SHA256SUMS)
    latest "$version"
}

# latest VERSION: a release that is there already.
latest() {
    mkdir -p "$work/site/latest"
    ln -sfn "../download/v$1" "$work/site/latest/download"
}

# tarball PROGRAM VERSION BEHAVIOUR FILE...: one of $target into $folder.
tarball() {
    local program=$1 version=$2 behaviour=$3 name=$1-$2-$target
    mkdir -p "$work/tree/$name"
    cp "${@:4}" "$work/tree/$name"
    cp packaging/openrc/kinglet "$work/tree/$name/kinglet.openrc"
    cp packaging/sysv/kinglet "$work/tree/$name/kinglet.sysv"
    cat >"$work/tree/$name/$program" <<PROGRAM
#!/bin/sh
# behaviour: $behaviour
case \$1 in
--version) [ $behaviour != mute ] && echo "$program $version" ;;
check) { [ $program = kinglet-hub ] || [ -s /etc/kinglet/token ]; } && echo "check: all is well" ;;
run) [ $behaviour = good ] && exec sleep 60 ;;
enroll)
    echo "called: \$*" >/etc/kinglet/enrolled
    [ "\$KINGLET_CODE" = good ] && echo given-by-the-hub >/etc/kinglet/token
    ;;
esac
PROGRAM
    chmod 755 "$work/tree/$name/$program"
    tar -C "$work/tree" -czf "$folder/$name.tar.gz" "$name"
}
