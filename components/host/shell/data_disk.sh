# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The data disk formatted once and mounted for good.

# The device that carries the filesystem: the disk itself, or the logical volume on it.
disk_volume() { if [ "$disk_plan" = lvm-btrfs ]; then echo "/dev/$volume_group/docker"; else echo "$disk"; fi; }

make_volume_group() {
  [ "$disk_plan" = lvm-btrfs ] || return 0
  if [ "$1" = again ]; then
    [ "$(group_of "$disk" || true)" != "$volume_group" ] || logged vgremove -ff -y "$volume_group" || true
    logged wipefs -a "$disk" || true
  fi
  logged pvcreate -y "$disk" && logged vgcreate -y "$volume_group" "$disk" &&
    logged lvcreate -y -Wn -n docker -l 100%FREE "$volume_group"
}

make_filesystem() {
  local volume force=()
  volume="$(disk_volume)"
  case "$disk_type:$1" in
    ext4:again) force=(-F) ;;
    *:again) force=(-f) ;;
  esac
  case "$disk_type" in
    btrfs) logged mkfs.btrfs -q "${force[@]}" -L "$disk_label" "$volume" ;;
    ext4) logged mkfs.ext4 -q "${force[@]}" -L "$disk_label" "$volume" ;;
    xfs) logged mkfs.xfs -q "${force[@]}" -L "$disk_label" "$volume" ;;
  esac
}

# The mark by which a mounted disk is known. Database files change in place, which copy-on-write serves badly: volumes go without.
mark_filesystem() {
  local seat="$state_dir/disk"
  mkdir -p "$seat"
  logged mount -t "$disk_type" "$(disk_volume)" "$seat" || return 1
  if [ "$disk_type" = btrfs ]; then
    install -d -m 0701 "$seat/volumes"
    logged chattr +C "$seat/volumes" || true
  fi
  printf '%s\n' "$disk_type" >"$seat/$disk_mark" && sync -f "$seat" && logged umount "$seat"
}

read_mark() {
  local seat="$state_dir/disk"
  mkdir -p "$seat"
  logged mount -t "$disk_type" "$(disk_volume)" "$seat" || return 1
  mark="$(cat "$seat/$disk_mark" 2>/dev/null || true)"
  logged umount "$seat" || fail_with_log "cannot unmount $disk again; see the lines above"
}

# A filesystem with our label but without our mark is somebody else's, or never got its first data.
check_mark() {
  read_mark || fail_with_log "cannot mount $disk; check it with 'dmesg | tail'"
  [ "$mark" = "$disk_type" ] ||
    fail "$disk carries the label $disk_label but no data of this product; empty it with 'wipefs -a $disk' if nothing on it is of value"
}

# The mark comes last: a disk that has it is complete, or another one of ours, with data.
finished_after_all() {
  [ "$disk_state" = interrupted ] || return 1
  [ "$disk_plan" != lvm-btrfs ] || logged vgchange -ay "$volume_group" || return 1
  read_mark && [ "$mark" = "$disk_type" ]
}

format_disk() {
  local how=fresh
  [ "$disk_state" != interrupted ] || how=again
  put_file "$state_dir/formatting" 0600 "$(disk_identity "$disk")"
  { make_volume_group "$how" && make_filesystem "$how" && mark_filesystem; } ||
    fail_with_log "cannot make a $disk_type filesystem on $disk; see the lines above"
  rm -f "$state_dir/formatting"
  sync -f "$state_dir"
}

# An engine that ran here before may have left things of value below; its mere bookkeeping may be covered.
refuse_to_hide_data() {
  local found
  found="$(find "$data_root/volumes" "$data_root/containers" "$data_root/swarm" -mindepth 1 -maxdepth 1 \
    ! -name metadata.db ! -name backingFsBlockDev -print -quit 2>/dev/null || true)"
  [ -z "$found" ] ||
    fail "$data_root already holds $found, which the data disk would hide; move it away, or set host.dataDisk.filesystem to none"
}

fstab_text() {
  awk -v seat="$data_root" -v line="$1" '
    $0 == line { next }
    $1 !~ /^#/ && $2 == seat { print "# replaced by galera-swarm: " $0; next }
    { print }
    END { print line }' /etc/fstab 2>/dev/null || printf '%s\n' "$1"
}

mount_disk() {
  local volume uuid check=0
  volume="$(disk_volume)"
  uuid="$(blkid -p -s UUID -o value "$volume")" || fail "cannot read the UUID of $volume; check the disk with 'blkid -p $volume'"
  [ "$disk_type" != ext4 ] || check=2
  mkdir -p "$data_root"
  put_file /etc/fstab 0644 "$(fstab_text "UUID=$uuid $data_root $disk_type noatime,nofail,x-systemd.device-timeout=60s 0 $check")"
  ! runs_systemd || logged systemctl daemon-reload || true
  # Whatever engine ran before ran on another disk: the next start is a first one again.
  rm -f "$state_dir/engine.restart-key"
  logged mount "$data_root" || fail_with_log "cannot mount $volume at $data_root; check it with 'dmesg | tail'"
  if command -v restorecon >/dev/null; then logged restorecon "$data_root" || true; fi
}

set_up_disk() {
  find_disk
  case "$disk_state" in
    none) return ;;
    mounted)
      grow_disk
      return
      ;;
  esac
  refuse_to_hide_data
  if finished_after_all; then
    disk_state=ours
    rm -f "$state_dir/formatting"
  fi
  if [ "$disk_state:$disk_plan" = ours:lvm-btrfs ]; then
    logged vgchange -ay "$volume_group" || fail_with_log "cannot activate $volume_group; see the lines above"
  fi
  [ "$disk_state" != ours ] || check_mark
  ! engine_runs || stop_engine
  case "$disk_state" in
    blank | interrupted)
      say "formatting $disk with $disk_plan"
      format_disk
      ;;
  esac
  mount_disk
  # It may have become larger before the operating system was loaded anew.
  [ "$disk_state" != ours ] || grow_disk
}
