import JSON

/// What the check found, for people and as JSON.
struct FaultVerdict: Sendable {
    var outcome: FaultDrill.Outcome
    var seed: UInt64
    var seconds: Double
    var drainSeconds: Double
    var openRuns: Int
    var counts: DrillBooks.Counts
    var refusals: [String: Int]
    var suspensions: Int
    var repeatedKeys: Int
    var lookUps: Int
    /// Sentences about promises that were broken.
    var objections: [String]

    var isHeld: Bool { objections.isEmpty }

    var text: String {
        var table = TextTable("Fault", "Times", "Longest until every plant works again, s")
        for kind in FaultKind.allCases {
            if let figure = outcome.figures[kind] {
                table.add(kind.rawValue, String(figure.count), Decimal1.text(figure.longestSeconds))
            } else if let reason = outcome.skipped[kind] {
                table.add(kind.rawValue + " (not here: \(reason))", "0", "-")
            }
        }
        let refused = refusals.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let verdict =
            isHeld
            ? "Nothing was lost and nothing happened twice."
            : "BROKEN PROMISES (seed \(seed)):\n  " + objections.joined(separator: "\n  ")
        return """
            \(table.text)

              \(outcome.performed) faults in \(Decimal1.text(seconds)) s (seed \(seed)); everything ended \
            \(Decimal1.text(drainSeconds)) s after the last one.
              \(counts.events) events accepted, \(counts.runs) runs completed, \(counts.entries) journal entries, \
            \(counts.decisions) decisions answered, \(suspensions) runs suspended and resumed.
              \(repeatedKeys) calls came again under their key and did nothing; \(lookUps) look-ups; \(counts.doubts) \
            doubts were handed to a person.
              Answers that were sent again: \(refused.isEmpty ? "none" : refused).

            \(verdict)
            """
    }

    var json: JSONValue {
        var kinds: JSONObject = [:]
        for (kind, figure) in outcome.figures {
            kinds[kind.rawValue] = [
                "count": JSONValue(figure.count), "longestRecoverySeconds": JSONValue(figure.longestSeconds),
            ]
        }
        return [
            "seed": .string(String(seed)), "faults": JSONValue(outcome.performed), "seconds": JSONValue(seconds),
            "drainSeconds": JSONValue(drainSeconds), "openRuns": JSONValue(openRuns), "kinds": .object(kinds),
            "skipped": .object(
                JSONObject(
                    uniqueKeysWithValues: outcome.skipped.map { ($0.key.rawValue, JSONValue.string($0.value)) })),
            "eventsAccepted": JSONValue(counts.events), "runsCompleted": JSONValue(counts.runs),
            "decisions": JSONValue(counts.decisions), "doubts": JSONValue(counts.doubts),
            "repeatedKeys": JSONValue(repeatedKeys), "lookUps": JSONValue(lookUps),
            "objections": .array(objections.map(JSONValue.string)), "held": .bool(isHeld),
        ]
    }
}
