# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# A data disk that an upgrade of the server made larger: its filesystem takes the rest, while it is in use.

# Filesystems and groups leave less than this at the end of a disk; an upgrade adds whole GB.
grow_from=$((64 * 1024 * 1024))

# The last one mounted there is the one seen.
mounted_volume() {
  awk -v seat="$data_root" '$5 == seat { for (i = 7; i < NF; i++) if ($i == "-") found = $(i + 2) } END { print found }' \
    "$proc_dir/self/mountinfo"
}

volume_bytes() { echo $(($(disk_sectors "$1") * 512)); }

filesystem_bytes() {
  case "$disk_type" in
    btrfs) btrfs filesystem show --raw "$data_root" | awk '$1 == "devid" { print $4; exit }' ;;
    ext4) dumpe2fs -h "$1" | awk -F ': *' '/^Block count:/ { n = $2 } /^Block size:/ { size = $2 } END { printf "%.0f\n", n * size }' ;;
    xfs) xfs_growfs -n "$data_root" | awk -F '[ =,]+' '$1 == "data" { printf "%.0f\n", $3 * $5 }' ;;
  esac 2>>"$log_file"
}

grow_filesystem() {
  case "$disk_type" in
    btrfs) logged btrfs filesystem resize max "$data_root" ;;
    ext4) logged resize2fs "$1" ;;
    xfs) logged xfs_growfs "$data_root" ;;
  esac
}

is_our_logical_volume() { [ "$(cat "$(sysfs_of "$1")/dm/name" 2>/dev/null)" = "$volume_group-docker" ]; }

group_report() { "$1" --noheadings --nosuffix --units b -o "$2" -S "vg_name=$volume_group" 2>>"$log_file"; }

# Each half is asked for by itself, since the run before may have ended between them.
grow_group() {
  local volumes path device used free
  volumes="$(group_report pvs pv_name,dev_size,pv_size)" || return 1
  while read -r path device used; do
    [ $((device - used)) -lt "$grow_from" ] || logged pvresize "$path" || return 1
  done <<<"$volumes"
  free="$(group_report vgs vg_free)" || return 1
  [ "$free" -lt "$grow_from" ] || logged lvextend -l +100%FREE "$volume_group/docker"
}

grow_disk() {
  local volume before after
  volume="$(mounted_volume)"
  is_block "$volume" || return 0
  ! is_our_logical_volume "$volume" || grow_group ||
    fail_with_log "cannot extend the logical volume of $data_root over its larger disk; see the lines above and run again"
  before="$(filesystem_bytes "$volume")" && [ -n "$before" ] ||
    fail_with_log "cannot read the size of the $disk_type filesystem on $volume; see the lines above and 'dmesg | tail'"
  after="$(volume_bytes "$volume")"
  [ $((after - before)) -ge "$grow_from" ] || return 0
  grow_filesystem "$volume" ||
    fail_with_log "cannot grow the $disk_type filesystem on $volume to the size of its disk; see the lines above and run again"
  say "the $disk_type filesystem on $volume grew from $((before >> 30)) to $((after >> 30)) GiB"
}
