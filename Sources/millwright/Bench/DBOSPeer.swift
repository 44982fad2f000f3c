import Glibc
import Primitives
import Subprocess
import SystemPackage

/// DBOS (Python), which keeps its workflows in PostgreSQL as we do: its own script, on the bench's own cluster.
struct DBOSPeer: Sendable {
    static let missing = """
        DBOS was not measured: it needs Python with the packages dbos and psycopg, and the script dbos_peer.py.
        Run './millwright bench peers --install-peers' once, and name the folder of the script in MILLWRIGHT_SHARED.
        """

    private let python: String
    private let script: String

    /// `nil` where Python, the packages or the script are missing.
    static func found(home: String) async -> DBOSPeer? {
        let python = EnvironmentText.value("MILLWRIGHT_BENCH_PYTHON") ?? home + "/.build/bench-python/bin/python3"
        guard let shared = EnvironmentText.value("MILLWRIGHT_SHARED") else { return nil }
        let script = shared + "/bench/dbos_peer.py"
        guard access(python, X_OK) == 0, access(script, R_OK) == 0 else { return nil }
        let check = try? await Subprocess.run(
            .path(FilePath(python)), arguments: ["-c", "import dbos, psycopg"], output: .discarded, error: .discarded)
        guard check?.terminationStatus.isSuccess == true else { return nil }
        return DBOSPeer(python: python, script: script)
    }

    /// Workflows of four steps from its queue, as its script prints them: "queue steps=4: 43 wf/s; …".
    func runsPerSecond(on cluster: PrivateCluster) async throws -> Double {
        _ = try await cluster.output(
            "psql",
            [
                "--no-psqlrc", "--quiet", "--username", cluster.superuser, "--host", cluster.socketDirectory, "--port",
                String(cluster.port), "--dbname", "postgres", "--command", "CREATE DATABASE dbos",
            ])
        let address =
            "postgresql+psycopg://\(cluster.superuser)@/dbos?host=\(cluster.socketDirectory)&port=\(cluster.port)"
        let result = try await Subprocess.run(
            .path(FilePath(python)), arguments: [script],
            environment: .inherit.updating(["DBOS_DATABASE_URL": address]), workingDirectory: "/",
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        guard let line = result.standardOutput.split(separator: "\n").last(where: { $0.hasPrefix("queue steps=4") }),
            let text = line.split(separator: " ").dropFirst(2).first, let rate = Double(text)
        else {
            throw Problem(.unavailable, "DBOS did not say how much it did: \(result.standardError.suffix(500))")
        }
        return rate
    }
}
