import Foundation
import Glibc
import Provisioning
import Subprocess
import SystemPackage

/// A hostile program in the sandbox of a runner. It tries what an attacker would who runs code as the runner.
struct Probe: Sendable {
    let folder: TestFolder
    private let program: String

    init() async throws {
        folder = try TestFolder()
        program = folder.path("probe")
        try await CProgram.make(Self.source, at: program)
    }

    /// What came of each attempt, by its name.
    /// - Parameters:
    ///   - directory: the plant's, with its sockets.
    ///   - changing: alters bubblewrap's arguments, for a sandbox that lacks something.
    func run(
        in directory: String, _ arguments: [String], changing change: ([String]) -> [String] = { $0 }
    ) async throws -> [String: String] {
        let sandbox = SandboxArguments(
            runner: program, runnerArguments: arguments, socketDirectory: directory, libraryDirectories: [],
            exists: { access($0, F_OK) == 0 })
        let command = AccountSwitch.command(Programs.bubblewrap, change(sandbox.values), as: PlantsFixture.account)
        let result = try await Subprocess.run(
            .path(command.executable), arguments: Arguments(command.arguments), output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw NeverHappened(description: "the probe failed: \(result.terminationStatus) \(result.standardError)")
        }
        let pairs = result.standardOutput.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
        return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), String($0[1])) })
    }

    /// Arguments: TCP port, abstract socket, a process of the machine, another plant's socket, a file of the machine, and
    /// optionally a system-call filter to put on first. Each line: the attempt, then `allowed` or the error.
    private static let source = #"""
        #define _GNU_SOURCE
        #include <arpa/inet.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/filter.h>
        #include <sched.h>
        #include <signal.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/ptrace.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #include <unistd.h>

        static void say(const char *name, long result) {
          if (result >= 0) printf("%s allowed\n", name);
          else printf("%s %s\n", name, strerrorname_np(errno));
          fflush(stdout);
        }
        static long reach(const char *host, int port, int type) {
          struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
          inet_pton(AF_INET, host, &to.sin_addr);
          int s = socket(AF_INET, type, 0);
          if (s < 0) return s;
          return type == SOCK_STREAM ? connect(s, (void *)&to, sizeof to) : sendto(s, "x", 1, 0, (void *)&to, sizeof to);
        }
        static long reach_unix(const char *path, int is_abstract) {
          struct sockaddr_un to = {.sun_family = AF_UNIX};
          strncpy(to.sun_path + is_abstract, path, sizeof to.sun_path - 2);
          int s = socket(AF_UNIX, SOCK_STREAM, 0);
          if (s < 0) return s;
          return connect(s, (void *)&to, offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(path));
        }
        static long create(const char *path) { return open(path, O_CREAT | O_WRONLY, 0600); }
        static long put(const char *path, const char *text) {
          int f = open(path, O_WRONLY);
          return f < 0 ? f : write(f, text, strlen(text));
        }
        static long child(unsigned long flags) {
          long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);
          if (pid == 0) _exit(0);
          if (pid > 0) waitpid(pid, 0, __WALL);
          return pid;
        }
        static void filter(const char *path) {
          static struct sock_filter code[512];
          int f = open(path, O_RDONLY);
          long size = read(f, code, sizeof code);
          struct sock_fprog program = {.len = size / sizeof code[0], .filter = code};
          if (size <= 0 || prctl(PR_SET_SECCOMP, 2, &program)) { perror("filter"); exit(2); }
        }
        int main(int count, char **words) {
          int port = atoi(words[1]), host = atoi(words[3]);
          if (count > 6) filter(words[6]);
          say("own-sync-socket", reach_unix("/run/plant/sync.sock", 0));
          say("tcp-loopback", reach("127.0.0.1", port, SOCK_STREAM));
          say("tcp-metadata", reach("169.254.169.254", 80, SOCK_STREAM));
          say("tcp-outside", reach("1.1.1.1", 443, SOCK_STREAM));
          say("udp-outside", reach("1.1.1.1", 53, SOCK_DGRAM));
          say("raw-socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
          say("packet-socket", socket(AF_PACKET, SOCK_RAW, 0));
          say("abstract-socket", reach_unix(words[2], 1));
          say("other-plants-socket", reach_unix(words[4], 0));
          say("host-file", open(words[5], O_RDONLY));
          say("read-passwd", open("/etc/passwd", O_RDONLY));
          say("read-shadow", open("/etc/shadow", O_RDONLY));
          say("write-root", create("/x"));
          say("write-tmp", create("/tmp/x"));
          say("write-library", create("/usr/lib/x"));
          say("write-dev", create("/dev/x"));
          say("write-shm", create("/dev/shm/x"));
          say("write-plant", create("/run/plant/x"));
          say("replace-program", put("/millwright-runner", "x"));
          say("remove-socket", unlink("/run/plant/sync.sock"));
          say("move-socket", rename("/run/plant/sync.sock", "/run/plant/y.sock"));
          say("open-socket-to-all", chmod("/run/plant/sync.sock", 0777));
          say("own-name", put("/proc/self/comm", "x"));
          say("core-pattern", put("/proc/sys/kernel/core_pattern", "|/x"));
          say("sysrq", put("/proc/sysrq-trigger", "h"));
          say("mount", mount("tmpfs", "/proc", "tmpfs", 0, ""));
          say("remount", mount("", "/", "", MS_REMOUNT | MS_BIND, ""));
          say("umount", umount2("/usr/lib", MNT_DETACH));
          say("chroot", chroot("/usr"));
          say("device", mknod("/run/plant/d", S_IFBLK | 0600, 0x800));
          say("hostname", sethostname("x", 1));
          say("kill-host", kill(host, 0));
          say("ptrace-host", ptrace(PTRACE_ATTACH, host, 0, 0));
          say("pidfd-host", syscall(SYS_pidfd_open, host, 0));
          say("unshare-user", unshare(CLONE_NEWUSER));
          say("unshare-mount", unshare(CLONE_NEWNS));
          say("clone-user", child(CLONE_NEWUSER | SIGCHLD));
          say("setns", setns(open("/proc/1/ns/net", O_RDONLY), 0));
          say("become-root", setuid(0));
          say("raise-priority", setpriority(PRIO_PROCESS, 0, -20));
          say("fork", child(SIGCHLD));
          say("clone3", syscall(SYS_clone3, 0, 0));
          char *none[] = {0};
          say("execve", execve("/nonexistent", none, none));
          say("ptrace-me", ptrace(PTRACE_TRACEME, 0, 0, 0));
          say("keyctl", syscall(SYS_keyctl, 0, -3, 1));
          say("add-key", syscall(SYS_add_key, "user", "x", "y", 1, -2));
          say("bpf", syscall(SYS_bpf, 0, 0, 0));
          say("io-uring", syscall(SYS_io_uring_setup, 0, 0));
          say("userfaultfd", syscall(SYS_userfaultfd, 0));
          say("perf", syscall(SYS_perf_event_open, 0, 0, -1, -1, 0));
          say("personality", syscall(SYS_personality, 0));
          say("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
          say("unix-socket", socket(AF_UNIX, SOCK_STREAM, 0));
          return 0;
        }
        """#
}
