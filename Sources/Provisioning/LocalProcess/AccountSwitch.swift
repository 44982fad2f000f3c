package import SystemPackage

/// How a program is started as another account: through `setpriv`, which every Debian has, after the exec.
///
/// Subprocess could switch between fork and exec itself. There `setgroups` waits for every thread that glibc believes
/// to exist, and the fork has copied one that was just ending: the child then hangs for ever. In a process of its own,
/// with one thread, there is nothing to wait for. The process identifier stays the same.
package enum AccountSwitch {
    static let program = "/usr/bin/setpriv"

    /// - Parameter account: `nil` starts the program as who we are.
    package static func command(
        _ executable: String, _ arguments: [String], as account: LocalProcessDriver.Account?
    ) -> (executable: FilePath, arguments: [String]) {
        guard let account else { return (FilePath(executable), arguments) }
        let identity = ["--reuid", String(account.userID), "--regid", String(account.groupID), "--clear-groups", "--"]
        return (FilePath(program), identity + [executable] + arguments)
    }
}
