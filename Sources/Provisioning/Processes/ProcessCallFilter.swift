#if canImport(Glibc)
    import Glibc
    import Primitives

    /// A seccomp filter for processes of workflows: they may start programs, but not trace, mount, load anything into the
    /// kernel, make namespaces, hold memory that nobody's limits count (shared mappings are such), or open a socket other
    /// than a Unix one. What is refused fails with EPERM.
    ///
    /// A list of what is refused, as the runner's own filter is, and for the same reason. Sockets matter although there
    /// is no network: those of a hypervisor (AF_VSOCK) belong to no network namespace.
    package enum ProcessCallFilter {
        /// The filter as the kernel takes it: `struct sock_filter`s. `nil` on a machine that it is not written for.
        package static var program: [UInt8]? {
            machine.map { program(for: $0).bytes }
        }

        private struct Machine {
            /// AUDIT_ARCH_… of linux/audit.h.
            var audit: UInt32
            var socket: UInt32
            var clone: UInt32
            var mmap: UInt32
            var clone3: UInt32 = 435
            var refused: [UInt32]
            /// Numbers from here on are another calling convention of the same machine.
            var foreignFrom: UInt32?
        }

        /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of linux/sched.h.
        private static let newNamespaces: UInt32 = 0x7E02_0000
        /// MAP_SHARED and MAP_HUGETLB of linux/mman.h: pages that are in no process' own memory once it lets go of them.
        private static let pagesOfNobody: UInt32 = 0x4_0001

        private static func program(for machine: Machine) -> SystemCallProgram {
            var program = SystemCallProgram(
                audit: machine.audit, foreignFrom: machine.foreignFrom, refused: machine.refused)
            program.refuse(machine.clone, withAnyOf: newNamespaces, inArgument: 0)
            // Its flags stand in memory, where a filter cannot look; the C library then uses `clone`.
            program.refuseAsUnknown(machine.clone3)
            // Of files as well: that of /dev/zero is memory, and a mapping can be made writable.
            program.refuse(machine.mmap, withAnyOf: pagesOfNobody, inArgument: 3)
            program.refuse(machine.socket, unless: UInt32(AF_UNIX), isArgument: 0)
            program.finish()
            return program
        }

        #if arch(x86_64)
            /// ptrace process_vm_readv process_vm_writev mount umount2 pivot_root chroot unshare setns bpf
            /// perf_event_open keyctl add_key request_key kexec_load kexec_file_load init_module finit_module
            /// delete_module open_by_handle_at userfaultfd io_uring_setup personality reboot acct settimeofday
            /// clock_settime open_tree move_mount fsopen mount_setattr swapon swapoff iopl ioperm modify_ldt syslog
            /// quotactl quotactl_fd kcmp pidfd_getfd; memory without an owner: memfd_create memfd_secret shmget msgget
            /// semget mq_open vmsplice
            private static let machine: Machine? = Machine(
                audit: 0xC000_003E, socket: 41, clone: 56, mmap: 9,
                refused: [
                    101, 310, 311, 165, 166, 155, 161, 272, 308, 321, 298, 250, 248, 249, 246, 320, 175, 313, 176, 304,
                    323, 425, 135, 169, 163, 164, 227, 428, 429, 430, 442, 167, 168, 172, 173, 154, 103, 179, 443, 312,
                    438, 319, 447, 29, 68, 64, 240, 278,
                ],
                foreignFrom: 0x4000_0000)
        #elseif arch(arm64)
            /// As above, without what this machine does not have: iopl ioperm modify_ldt.
            private static let machine: Machine? = Machine(
                audit: 0xC000_00B7, socket: 198, clone: 220, mmap: 222,
                refused: [
                    117, 270, 271, 40, 39, 41, 51, 97, 268, 280, 241, 219, 217, 218, 104, 294, 105, 273, 106, 265, 282,
                    425, 92, 142, 89, 170, 112, 428, 429, 430, 442, 224, 225, 116, 60, 443, 272, 438, 279, 447, 194,
                    186, 190, 180, 75,
                ])
        #else
            private static let machine: Machine? = nil
        #endif
    }
#else
    package enum ProcessCallFilter {
        package static var program: [UInt8]? { nil }
    }
#endif
