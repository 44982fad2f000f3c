import Glibc

/// An account of this machine. Servers and runners do not run as root, also when Millwright was started as root.
struct Account: Sendable, Equatable {
    var name: String
    var userID: UInt32
    var groupID: UInt32

    static var isRoot: Bool { geteuid() == 0 }

    static func named(_ name: String) -> Account? {
        guard let entry = getpwnam(name) else { return nil }
        return Account(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
    }

    /// Who runs the private PostgreSQL cluster: Debian's `postgres` when we are root, else ourselves (`nil`).
    static var ofDatabase: Account? { isRoot ? named("postgres") ?? named("nobody") : nil }

    /// Who runs the runners: `nobody` when we are root, else ourselves (`nil`).
    static var ofRunners: Account? { isRoot ? named("nobody") : nil }

    /// Whether this account can enter every directory that leads to `path`.
    func reaches(_ path: String) -> Bool {
        var current = ""
        for part in path.split(separator: "/").dropLast() {
            current += "/" + part
            guard let status = FileStatus(current) else { return true }
            let isAllowed =
                status.userID == userID
                ? status.permissions & 0o100 != 0
                : status.groupID == groupID ? status.permissions & 0o010 != 0 : status.permissions & 0o001 != 0
            if !isAllowed { return false }
        }
        return true
    }
}
