import Foundation
import Glibc
import Provisioning
import Testing

@Suite("a protection that is missing is named", .timeLimit(.minutes(10)))
struct ProtectionTests {
    @Test("on this machine nothing is missing")
    func nothing() async {
        #expect(await PlantsFixture.driver().missingProtections() == [])
    }

    @Test("a machine without bubblewrap")
    func noBubblewrap() async {
        let missing = await PlantsFixture.driver(bubblewrap: "/nonexistent/bwrap").missingProtections()
        #expect(missing.count == 1 && missing[0].hasPrefix("bubblewrap (/nonexistent/bwrap is not there)"))
    }

    @Test("a bubblewrap that cannot do what is asked of it, with its own reason")
    func refused() async throws {
        let folder = try TestFolder()
        let refusing = try script(folder, "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
        #expect(
            await PlantsFixture.driver(bubblewrap: refusing).missingProtections()
                == ["bubblewrap (bwrap: No permissions to create new namespace)"])
        let missing = await PlantsFixture.driver(runner: folder.path("gone")).missingProtections()
        #expect(missing.count == 1 && missing[0].contains("Can't find source path"), "\(missing)")
    }

    @Test("a runner that cannot start there")
    func brokenRunner() async throws {
        let missing = await PlantsFixture.driver(runner: "/usr/bin/false").missingProtections()
        #expect(missing.count == 1 && missing[0].hasPrefix("runner ("), "\(missing)")
    }

    @Test("a kernel without Landlock")
    func noLandlock() async throws {
        // landlock_create_ruleset answers ENOSYS.
        let missing = try await missing(whereCall: 444, fails: ENOSYS)
        #expect(missing == ["landlock (the kernel does not have it, error \(ENOSYS))"])
    }

    @Test("a kernel that takes no system-call filters")
    func noFilters() async throws {
        // prctl(PR_SET_SECCOMP) answers EINVAL.
        #if arch(x86_64)
            let prctl: UInt32 = 157
        #else
            let prctl: UInt32 = 167
        #endif
        let missing = try await missing(whereCall: prctl, withFirst: 22, fails: EINVAL)
        #expect(missing.contains("seccomp (the kernel refuses it, error \(EINVAL))"), "\(missing)")
    }

    @Test("a protection that is there by name only: calls that the kernel takes and does nothing about")
    func nameOnly() async throws {
        // landlock_restrict_self answers 0 without doing it.
        let missing = try await missing(whereCall: 446, fails: 0)
        #expect(missing == ["landlock (the root can still be read)"])
    }

    /// What a driver says in a sandbox where a system call fails. bubblewrap puts the filter on the runner.
    private func missing(whereCall number: UInt32, withFirst first: UInt32? = nil, fails error: Int32) async throws
        -> [String]
    {
        // struct sock_filter: code, jump if true, jump if false, value.
        var program: [(UInt16, UInt8, UInt8, UInt32)] = [(0x20, 0, 0, 0), (0x15, 0, first == nil ? 1 : 3, number)]
        if let first { program += [(0x20, 0, 0, 16), (0x15, 0, 1, first)] }
        program += [(0x06, 0, 0, 0x0005_0000 | UInt32(error)), (0x06, 0, 0, 0x7FFF_0000)]
        let bytes = program.flatMap { code, yes, no, value in
            withUnsafeBytes(of: code) { Array($0) } + [yes, no] + withUnsafeBytes(of: value) { Array($0) }
        }
        let folder = try TestFolder()
        let filter = try folder.write(bytes, to: "filter")
        let bubblewrap = try script(folder, "exec \(Programs.bubblewrap) --seccomp 9 \"$@\" 9<\(filter)")
        return await PlantsFixture.driver(bubblewrap: bubblewrap).missingProtections()
    }

    private func script(_ folder: TestFolder, _ text: String) throws -> String {
        try folder.install(try folder.write(Array("#!/bin/sh\n\(text)\n".utf8), to: "script"), as: "bwrap")
    }
}
