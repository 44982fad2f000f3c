import Crypto
import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// The inputs and outputs of the journal entries of commits, as they are stored: a small one in the entry itself, a large
/// one once a run in `run_payload`, by its digest. A task's output is the next one's input, so that a large value would
/// otherwise be written, compressed and kept again with each task.
struct JournalValues {
    /// Below, a row and a digest of its own cost more than the copies.
    static let thresholdBytes = 1024

    struct Place {
        var value: JSONBytes?
        var digest: [UInt8]?
    }

    /// In the order of the commits' entries.
    private(set) var inputs: [Place] = []
    private(set) var outputs: [Place] = []
    private var kept: [(run: RunID, digest: [UInt8], value: JSONBytes)] = []

    init(_ commits: [RunCommit]) {
        for commit in commits {
            var seen: Set<[UInt8]> = []
            for entry in commit.journal {
                inputs.append(place(entry.input, of: commit.runID, &seen))
                outputs.append(place(entry.output, of: commit.runID, &seen))
            }
        }
    }

    private mutating func place(_ value: JSONValue?, of run: RunID, _ seen: inout Set<[UInt8]>) -> Place {
        guard let bytes = value.map(JSONBytes.init) else { return Place() }
        guard bytes.bytes.count >= Self.thresholdBytes else { return Place(value: bytes) }
        let digest = Array(SHA256.hash(data: bytes.bytes))
        if seen.insert(digest).inserted { kept.append((run, digest, bytes)) }
        return Place(digest: digest)
    }

    /// One more step of the statement that moves the runs; a value that an earlier commit kept is left as it is.
    func keeping(in plant: PlantKey) -> Statement {
        guard !kept.isEmpty else { return "" }
        return """
            , kept AS (
              INSERT INTO millwright.run_payload (partner_id, client_id, plant_id, run_id, digest, value)
              SELECT \(fragment: plant.values), payload.run_id, payload.digest, payload.value
              FROM unnest(\(kept.map(\.run)), \(kept.map(\.digest)), \(kept.map(\.value)))
                AS payload (run_id, digest, value)
              JOIN moved ON moved.run_id = payload.run_id
              ON CONFLICT ON CONSTRAINT run_payload_pkey DO NOTHING
            )
            """
    }
}
