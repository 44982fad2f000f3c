import Foundation
import JSON
import Subprocess
import SystemPackage
import Testing

/// The check of faults in a form that fits into every build: the long one is recorded in Docs/FAULTS.md.
@Suite("Real processes under faults", .serialized)
struct FaultTests {
    @Test("ten faults of processes, network and disk lose and double nothing", .timeLimit(.minutes(10)))
    func short() async throws {
        try await Program.withDataDirectory { data in
            let result = try await Subprocess.run(
                .path(Program.path),
                arguments: [
                    "check", "faults", "--faults", "10", "--seed", "7", "--quick", "--plants", "2", "--rate", "12",
                    "--no-standby", "--json", "--data-dir", data,
                ], output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            let found = try JSONValue(parsing: result.standardOutput)
            #expect(result.terminationStatus.isSuccess, "\(found) \(result.standardError)")
            #expect(found["objections"]?.arrayValue?.isEmpty == true)
            #expect((found["faults"]?.intValue ?? 0) >= 10)
            #expect((found["eventsAccepted"]?.intValue ?? 0) > 20)
            #expect((found["runsCompleted"]?.intValue ?? 0) >= (found["eventsAccepted"]?.intValue ?? 0))
        }
    }
}
