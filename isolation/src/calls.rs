//! System calls that no task needs, and that attacks on a kernel or on other processes begin with.
//!
//! A list of what is refused, not of what is allowed: tasks are any programs.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use crate::IsolationError;

/// Refused whatever is asked. Other processes; mounts and roots; files by handle, past all paths; keys; the kernel
/// itself; rings of calls, which pass by this filter.
const REFUSED: [i64; 52] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_fanotify_init,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    libc::SYS_kexec_file_load,
    libc::SYS_quotactl_fd,
];

/// The bits of `clone` that make namespaces.
const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

type Rules = Vec<(i64, Vec<SeccompRule>)>;

/// Whether there is no filter for this processor, or no kernel that takes one.
pub(crate) fn is_lacking() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_err()
        || !std::path::Path::new("/proc/sys/kernel/seccomp").exists()
}

/// Restricts this process and all that it starts.
pub(crate) fn restrict() -> Result<(), IsolationError> {
    if is_lacking() {
        return Ok(());
    }
    let failed = |error: seccompiler::BackendError| IsolationError::rights("system calls", error);
    // What it does not know a program goes on without, to a call that can be looked at: its arguments are in memory.
    let unknown = vec![(libc::SYS_clone3, Vec::new())];
    for (rules, errno) in [(unknown, libc::ENOSYS), (refused().map_err(failed)?, libc::EPERM)] {
        let filter = program(rules, errno).map_err(failed)?;
        seccompiler::apply_filter(&filter).map_err(|error| IsolationError::rights("system calls", error))?;
    }
    Ok(())
}

fn program(rules: Rules, errno: i32) -> Result<BpfProgram, seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(rules.into_iter().collect(), SeccompAction::Allow, errno, arch)?.try_into()
}

fn refused() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
    let each = (0..u32::BITS).map(|bit| 1 << bit).filter(|flag| NAMESPACES & flag != 0);
    let clones = each.map(|flag| has(0, i64::from(flag).unsigned_abs()));
    rules.push((libc::SYS_clone, clones.collect::<Result<_, _>>()?));
    // Typing into the terminal that the server was started from.
    rules.push((libc::SYS_ioctl, vec![is(1, libc::TIOCSTI)?, is(1, libc::TIOCLINUX)?]));
    Ok(rules)
}

fn has(argument: u8, flag: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    let masked = SeccompCmpOp::MaskedEq(flag);
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Qword, masked, flag)?])
}

fn is(argument: u8, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?])
}
