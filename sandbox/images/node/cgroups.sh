# shellcheck shell=bash
# Makes the cgroup file systems of a container writable, so that an engine can run in it. The caller defines `say`.

cgroups_writable() {
    local probe
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
        probe=/sys/fs/cgroup/node-init.probe
    else
        probe=/sys/fs/cgroup/memory/node-init.probe
    fi
    mkdir "$probe" 2>/dev/null && rmdir "$probe"
}

# Version 1: the private namespace shows every hierarchy read-only; mounted afresh they are this server's own.
prepare_cgroups_v1() {
    local controllers directory name
    umount -R /sys/fs/cgroup
    mount -t tmpfs -o mode=0755 cgroup /sys/fs/cgroup
    while IFS=: read -r _ controllers _; do
        [ -n "$controllers" ] || continue
        directory="/sys/fs/cgroup/${controllers#name=}"
        mkdir -p "$directory"
        if [ "${controllers#name=}" = "$controllers" ]; then
            mount -t cgroup -o "$controllers" cgroup "$directory"
        else
            mount -t cgroup -o "none,$controllers" cgroup "$directory"
        fi || say "cannot mount the cgroup hierarchy $controllers"
        for name in ${controllers//,/ }; do
            [ -e "/sys/fs/cgroup/$name" ] || [ "$name" = "$controllers" ] || ln -s "$controllers" "/sys/fs/cgroup/$name"
        done
    done </proc/self/cgroup
}

# Version 2: processes leave the root, since only an empty group may hand its controllers down.
prepare_cgroups_v2() {
    local process controller controllers
    mount -o remount,rw /sys/fs/cgroup 2>/dev/null || {
        umount -R /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
    }
    mkdir -p /sys/fs/cgroup/init
    while read -r process; do
        echo "$process" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null
    done </sys/fs/cgroup/cgroup.procs
    read -r -a controllers </sys/fs/cgroup/cgroup.controllers
    for controller in "${controllers[@]}"; do
        echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || say "cannot hand down the controller $controller"
    done
}

prepare_cgroups() {
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
        [ -d /sys/fs/cgroup/init ] || prepare_cgroups_v2
    else
        cgroups_writable || prepare_cgroups_v1
    fi
    cgroups_writable || say "cgroups are read-only: a container engine cannot run here"
}
