# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The one system update at the first preparation.

update_system() {
  if [ -e "$state_dir/updated" ] || [ -e "$state_dir/prepared" ]; then
    say "done at the first preparation; later updates are the operator's, since they can restart the engine"
    return
  fi
  first_boot_done
  case "$(os_family)" in
    debian) debian_update ;;
    redhat) redhat_update ;;
  esac
  : >"$state_dir/updated"
}
