import JSON
import NIOHTTP1
import Primitives

/// Sends mapped events to a plant in batches, at full speed or at a rate, through every restart of the control plane.
struct Replayer: Sendable {
    static let batchSize = 100
    /// How long a control plane may be away before the replay gives up.
    static let patienceSeconds = 120.0

    struct Report: Sendable {
        var accepted = 0
        var duplicate = 0
        var refused: [EventMapping.Refused] = []

        mutating func add(_ other: Report) {
            accepted += other.accepted
            duplicate += other.duplicate
            refused += other.refused
        }
    }

    let client: APIClient
    let plantID: String
    /// Events a second; `nil` for as fast as the control plane takes them.
    let rate: Double?

    /// - Parameter sent: called after every batch with how many events of the whole have been answered.
    func send(_ events: [EventMapping.Mapped], from start: Int = 0, sent: (Int) throws -> Void) async throws -> Report {
        var report = Report()
        let startedAt = ContinuousClock.now
        var position = start
        while position < events.count {
            let size = rate.map { min(Self.batchSize, max(1, Int($0 / 10))) } ?? Self.batchSize
            let batch = events[position..<min(position + size, events.count)]
            if let rate {
                try await Task.sleep(until: startedAt + .seconds(Double(position - start) / rate))
            }
            report.add(try await sendPatiently(Array(batch)))
            position += batch.count
            try sent(position)
        }
        return report
    }

    /// A batch may be sent again without harm: what was accepted before comes back as a duplicate. It is counted as
    /// accepted when the answer to the first try was lost, because it is this replay that brought it.
    private func sendPatiently(_ batch: [EventMapping.Mapped]) async throws -> Report {
        let deadline = ContinuousClock.now + .seconds(Self.patienceSeconds)
        var pause = 0.1
        var wasUnanswered = false
        while true {
            do {
                let answer = try await client.call(
                    .POST, "/v1/plants/\(plantID)/events", .array(batch.map(\.event)),
                    contentType: "application/cloudevents-batch+json")
                return Self.report(answer.body, batch, countsDuplicatesAsAccepted: wasUnanswered)
            } catch let problem as Problem where problem.code.isRetryable && ContinuousClock.now < deadline {
                wasUnanswered = true
                try await Task.sleep(for: .seconds(pause))
                pause = min(2, pause * 2)
            }
        }
    }

    private static func report(
        _ answer: JSONValue, _ batch: [EventMapping.Mapped], countsDuplicatesAsAccepted: Bool
    ) -> Report {
        var report = Report()
        for (outcome, event) in zip(answer["events"]?.arrayValue ?? [], batch) {
            switch outcome["status"]?.stringValue {
            case "accepted": report.accepted += 1
            case "duplicate" where countsDuplicatesAsAccepted: report.accepted += 1
            case "duplicate": report.duplicate += 1
            default:
                let reasons = (outcome["errors"]?.arrayValue ?? []).map { error in
                    "\(error["path"]?.stringValue ?? ""): \(error["message"]?.stringValue ?? "")"
                }
                report.refused.append(.init(line: event.line, reason: reasons.joined(separator: "; ")))
            }
        }
        return report
    }
}
