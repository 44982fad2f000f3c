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
            var texts = Texts(run: commit.runID, repeated: commit.repeatedValues)
            for entry in commit.journal {
                inputs.append(texts.place(entry.input))
                outputs.append(texts.place(entry.output))
            }
            kept += texts.kept.map { (commit.runID, $0.digest, $0.value) }
        }
    }

    /// The values of one commit, in the order of their numbers (`RunCommit.repeatedValues`).
    private struct Texts {
        let run: RunID
        let repeated: [Int: Int]
        private let originals: Set<Int>
        private var places: [Place] = []
        private var digests: Set<[UInt8]> = []
        private(set) var kept: [(digest: [UInt8], value: JSONBytes)] = []

        init(run: RunID, repeated: [Int: Int]) {
            self.run = run
            self.repeated = repeated
            originals = Set(repeated.values)
        }

        mutating func place(_ value: JSONValue?) -> Place {
            let number = places.count
            let place = repeated[number].map { places[$0] } ?? first(value, isRepeated: originals.contains(number))
            places.append(place)
            return place
        }

        /// One that is repeated is kept by its digest however small it is: a runner cannot make it many copies.
        private mutating func first(_ value: JSONValue?, isRepeated: Bool) -> Place {
            guard let bytes = value.map(JSONBytes.init) else { return Place() }
            guard isRepeated || bytes.bytes.count >= JournalValues.thresholdBytes else { return Place(value: bytes) }
            let digest = Array(SHA256.hash(data: bytes.bytes))
            if digests.insert(digest).inserted { kept.append((digest, bytes)) }
            return Place(digest: digest)
        }
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
