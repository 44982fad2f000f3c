#if canImport(Glibc)
    import Glibc
    import Primitives

    /// A seccomp filter: a runner starts no programs and no processes, traces nobody, changes no mounts, loads nothing
    /// into the kernel, and opens no socket but Unix ones. What is refused fails with EPERM.
    ///
    /// A list of what is refused and not of what is allowed: the runtime's own calls differ between kernels and C
    /// libraries, and the sandbox round the runner already leaves it nothing to reach.
    package enum SystemCallFilter {
        /// The filter as the kernel takes it: `struct sock_filter`s. `nil` on a machine that it is not written for.
        package static var program: [UInt8]? {
            machine.map { program(for: $0).bytes }
        }

        /// `nil` when the filter is in place, or else why it is not.
        static func apply() -> String? {
            guard let machine else { return "unknown machine" }
            var program = program(for: machine).instructions
            let count = UInt16(program.count)
            return program.withUnsafeMutableBytes { bytes in
                var filter = Program(count: count, instructions: bytes.baseAddress)
                let result = withUnsafeMutablePointer(to: &filter) { pointer in
                    CLibrary.prctl(setSeccomp, filterMode, UInt(bitPattern: pointer))
                }
                return result == 0 ? nil : "the kernel refuses it, error \(errno)"
            }
        }

        private static let setSeccomp: Int32 = 22
        private static let filterMode: UInt = 2

        /// `struct sock_fprog`.
        private struct Program {
            var count: UInt16
            var instructions: UnsafeMutableRawPointer?
        }

        struct Machine {
            /// AUDIT_ARCH_… of linux/audit.h.
            var audit: UInt32
            var socket: UInt32
            var clone: UInt32
            var clone3: UInt32 = 435
            var refused: [UInt32]
            /// Numbers from here on are another calling convention of the same machine.
            var foreignFrom: UInt32?
        }

        /// CLONE_THREAD of linux/sched.h.
        private static let newThread: UInt32 = 0x1_0000

        private static func program(for machine: Machine) -> SystemCallProgram {
            var program = SystemCallProgram(
                audit: machine.audit, foreignFrom: machine.foreignFrom, refused: machine.refused)
            // A new thread and not a new process.
            program.refuse(machine.clone, withNoneOf: newThread, inArgument: 0)
            // Its flags stand in memory, where a filter cannot look; the C library then uses `clone`.
            program.refuseAsUnknown(machine.clone3)
            program.refuse(machine.socket, unless: UInt32(AF_UNIX), isArgument: 0)
            program.finish()
            return program
        }

        #if arch(x86_64)
            /// fork vfork execve execveat ptrace process_vm_readv process_vm_writev mount umount2 pivot_root chroot
            /// unshare setns bpf perf_event_open keyctl add_key request_key kexec_load kexec_file_load init_module
            /// finit_module delete_module open_by_handle_at userfaultfd io_uring_setup personality reboot acct
            /// settimeofday clock_settime open_tree move_mount fsopen mount_setattr swapon swapoff iopl ioperm
            /// modify_ldt syslog quotactl quotactl_fd kcmp pidfd_getfd
            static let machine: Machine? = Machine(
                audit: 0xC000_003E, socket: 41, clone: 56,
                refused: [
                    57, 58, 59, 322, 101, 310, 311, 165, 166, 155, 161, 272, 308, 321, 298, 250, 248, 249, 246, 320,
                    175, 313, 176, 304, 323, 425, 135, 169, 163, 164, 227, 428, 429, 430, 442, 167, 168, 172, 173, 154,
                    103, 179, 443, 312, 438,
                ],
                foreignFrom: 0x4000_0000)
        #elseif arch(arm64)
            /// execve execveat ptrace process_vm_readv process_vm_writev mount umount2 pivot_root chroot unshare setns
            /// bpf perf_event_open keyctl add_key request_key kexec_load kexec_file_load init_module finit_module
            /// delete_module open_by_handle_at userfaultfd io_uring_setup personality reboot acct settimeofday
            /// clock_settime open_tree move_mount fsopen mount_setattr swapon swapoff syslog quotactl
            /// quotactl_fd kcmp pidfd_getfd
            static let machine: Machine? = Machine(
                audit: 0xC000_00B7, socket: 198, clone: 220,
                refused: [
                    221, 281, 117, 270, 271, 40, 39, 41, 51, 97, 268, 280, 241, 219, 217, 218, 104, 294, 105, 273, 106,
                    265, 282, 425, 92, 142, 89, 170, 112, 428, 429, 430, 442, 224, 225, 116, 60, 443,
                    272, 438,
                ])
        #else
            static let machine: Machine? = nil
        #endif
    }
#endif
