import Foundation
import Glibc
import Logging
import Primitives
import Provisioning
import Testing

@Suite("without its protections nothing runs", .timeLimit(.minutes(10)))
struct ProcessGateTests {
    private func sandbox(filter folder: String) -> ProcessSandbox {
        ProcessSandbox(
            bubblewrapPath: Programs.bubblewrap, account: PlantsFixture.account,
            filter: ProcessFilterFile(folder: folder))
    }

    @Test("a job without a system-call filter is refused, and runs as soon as the filter can be written")
    func filter() async throws {
        let folder = try TestFolder()
        let path = folder.path("later")
        let sandbox = sandbox(filter: path)
        let job = try Sandboxes.job(.shell, "echo well")
        guard case .failure(let failure) = await sandbox.run(job) else {
            Issue.record("there is no filter, and it ran")
            return
        }
        #expect(failure.kind == .configuration && failure.detail.contains("system-call filter"))
        #expect(await sandbox.missingProtections() == [failure.detail])
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(try await sandbox.run(job).get().stdout == "well\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test("there is no gate in production when a protection is missing, and one that refuses jobs in development")
    func gate() async throws {
        let policies = MemoryPolicies().port
        let broken = sandbox(filter: "/nonexistent")
        let log = LogRecords()
        #expect(
            await ProcessGate.checked(
                policies: policies, sandbox: broken, needsProtections: true, logger: log.logger()) == nil)
        #expect(log.contains("production mode needs every protection"))
        #expect(log.all.contains { $0.metadata["protection"]?.contains("system-call filter") == true })
        #expect(
            await ProcessGate.checked(
                policies: policies, sandbox: broken, needsProtections: false, logger: log.logger()) != nil)
        #expect(
            await ProcessGate.checked(
                policies: policies, sandbox: Sandboxes.sandbox, needsProtections: true, logger: log.logger()) != nil)
    }
}
