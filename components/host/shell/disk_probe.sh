# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Which disk is the data disk, and what lies on it; these functions only read.

disk_mark=.galera-swarm-disk

is_block() { [ -b "$1" ]; }

device_number() {
  local hex
  hex="$(stat -L -c '%t:%T' "$1")"
  printf '%d:%d\n' "0x${hex%:*}" "0x${hex#*:}"
}

sysfs_of() { printf '%s/dev/block/%s\n' "$sys_dir" "$(device_number "$1")"; }

disk_sectors() { cat "$(sysfs_of "$1")/size" 2>/dev/null || echo 0; }

# Empty where neither the disk nor udev knows any, as on Xen.
disk_serial() { { lsblk -dno SERIAL,WWN "$1" 2>/dev/null || true; } | awk 'NF { $1 = $1; print }'; }

disk_identity() {
  local serial
  serial="$(disk_serial "$1")"
  printf '%s %s sectors%s\n' "$1" "$(disk_sectors "$1")" "${serial:+ $serial}"
}

# Earlier notes end with the sectors.
is_noted() {
  local note identity
  note="$(cat "$state_dir/formatting" 2>/dev/null)" || return 1
  identity="$(disk_identity "$1")"
  [ "$note" = "$identity" ] || [ "$note" = "${identity%% sectors*} sectors" ]
}

# The numbers of a disk, its partitions, and whatever is stacked on them.
numbers_of() {
  local child
  cat "$1/dev"
  for child in "$1"/*/partition; do [ ! -e "$child" ] || numbers_of "${child%/partition}"; done
  for child in "$1"/holders/*; do [ ! -e "$child" ] || numbers_of "$child"; done
}

# The numbers of everything mounted or swapped on. A btrfs mount shows no device number of its own, only its source.
numbers_in_use() {
  local source
  awk '{ print $3 }' "$proc_dir/self/mountinfo"
  { awk '{ for (i = 7; i < NF; i++) if ($i == "-") { print $(i + 2); break } }' "$proc_dir/self/mountinfo"
    awk 'NR > 1 { print $1 }' "$proc_dir/swaps"; } | grep "^$dev_dir/" | sort -u | while read -r source; do
    if is_block "$source"; then device_number "$source"; fi
  done || true
}

# Is a number of the disk $1 among the lines $2?
is_among() {
  local number
  while read -r number; do
    case $'\n'"$2"$'\n' in *$'\n'"$number"$'\n'*) return 0 ;; esac
  done < <(numbers_of "$(sysfs_of "$1")")
  return 1
}

has_partitions() {
  local child
  for child in "$(sysfs_of "$1")"/*/partition; do [ ! -e "$child" ] || return 0; done
  return 1
}

group_of() { pvs --noheadings -o vg_name "$1" 2>/dev/null | tr -d ' '; }

# One word, and for `foreign` what was found.
disk_content() {
  local probe status=0 line type="" label="" table="" signatures
  probe="$(blkid -p -o export "$1" 2>/dev/null)" || status=$?
  while IFS= read -r line; do
    case "$line" in
      TYPE=*) type="${line#*=}" ;;
      LABEL=*) label="${line#*=}" ;;
      PTTYPE=*) table="${line#*=}" ;;
    esac
  done <<<"$probe"
  case "$status" in
    0 | 2) ;;
    8) echo "foreign several signatures at once"; return ;;
    *) echo "foreign something blkid cannot read (status $status)"; return ;;
  esac
  case "$type" in
    swap) echo swap; return ;;
    iso9660) echo metadata; return ;;
    LVM2_member)
      if ! command -v pvs >/dev/null; then echo undecided; return; fi
      if [ "$(group_of "$1")" = "$volume_group" ]; then echo "ours lvm-btrfs"; else echo "foreign a volume of LVM"; fi
      return
      ;;
  esac
  case "${label,,}" in
    config-2 | cidata) echo metadata; return ;;
  esac
  if [ -n "$type" ] && [ "$label" = "$disk_label" ]; then echo "ours $type"; return; fi
  if [ -n "$type" ]; then echo "foreign a $type filesystem${label:+ labelled $label}"; return; fi
  if [ -n "$table" ]; then echo "foreign a partition table ($table)"; return; fi
  signatures="$(wipefs -n "$1" 2>/dev/null)" || { echo "foreign something wipefs cannot read"; return; }
  if [ -n "$signatures" ]; then echo "foreign a signature that 'wipefs -n $1' shows"; return; fi
  if has_partitions "$1"; then echo "foreign partitions"; return; fi
  echo blank
}

# What a formatting of ours leaves, wherever it is interrupted. Anything else came to the disk's path since.
may_be_unfinished() {
  local group
  case "$2" in
    blank | "ours $disk_plan" | "foreign a $disk_plan filesystem") ;;
    "foreign a volume of LVM") [ "$disk_plan" = lvm-btrfs ] && group="$(group_of "$1")" && [ -z "$group" ] ;;
    *) return 1 ;;
  esac
}

content_or_interrupted() {
  local found
  found="$(disk_content "$1")"
  if is_noted "$1" && may_be_unfinished "$1" "$found"; then echo interrupted; else echo "$found"; fi
}

# In the cloud's order. Device "1" (xvdb) is reserved for swap.
candidate_disks() {
  local path used
  used="$(numbers_in_use)"
  for path in "$dev_dir"/xvd[ac-z] "$dev_dir"/vd[a-z] "$dev_dir"/sd[a-z] "$dev_dir"/nvme[0-9]n[0-9]; do
    if is_block "$path" && [ "$(disk_sectors "$path")" -gt 0 ] && ! is_among "$path" "$used"; then printf '%s\n' "$path"; fi
  done
}

choose_disk() {
  local path found
  if [ "$disk_device" != auto ]; then
    is_block "$disk_device" || fail "$disk_device is no disk here; order a second disk (servers.disks) or correct host.dataDisk.device"
    ! is_among "$disk_device" "$(numbers_in_use)" || fail "$disk_device is in use by the running system; name another disk in host.dataDisk.device"
    disk="$disk_device"
    return
  fi
  disk=""
  for path in $(candidate_disks); do
    found="$(content_or_interrupted "$path")"
    case "$found" in
      swap | metadata) continue ;;
      ours* | interrupted) disk="$path"; return ;;
      *) [ -n "$disk" ] || disk="$path" ;;
    esac
  done
  [ -n "$disk" ] || fail "there is no second disk for $data_root; order one (servers.disks) or set host.dataDisk.filesystem to none"
}

find_disk() {
  local found
  disk="" disk_state=none
  if [ -e "$data_root/$disk_mark" ]; then
    found="$(cat "$data_root/$disk_mark")"
    [ "$found" = "$disk_type" ] ||
      fail "$data_root is mounted with $found, not $disk_type; the filesystem of a server is fixed: replace the server, or set host.dataDisk.filesystem back"
    disk_state=mounted
  fi
  if [ "$disk_plan" = none ] || [ "$disk_state" = mounted ]; then return; fi
  # Left behind by an interrupted formatting, it would make the disk look used.
  if mountpoint -q "$state_dir/disk"; then logged umount "$state_dir/disk" || true; fi
  choose_disk
  found="$(content_or_interrupted "$disk")"
  case "$found" in
    blank | interrupted) disk_state="$found" ;;
    undecided) disk_state=ours ;;
    "ours $disk_plan") disk_state=ours ;;
    ours*) fail "$disk carries ${found#ours } of an earlier preparation, not $disk_plan; set host.dataDisk.filesystem back, or empty the disk with 'wipefs -a $disk' if nothing on it is of value" ;;
    *) fail "$disk already holds ${found#foreign }; it is not touched: name another disk in host.dataDisk.device, or empty it with 'wipefs -a $disk' if nothing on it is of value" ;;
  esac
}
