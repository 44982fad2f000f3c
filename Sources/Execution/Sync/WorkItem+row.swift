import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

extension WorkItem {
    init(row: Row, inputs: [DeliveredInput] = [], isRecovered: Bool = false) throws {
        self.init(
            runID: try row.decode("run_id"), workflowID: try row.decode("workflow_id"),
            definitionDigest: try row.decode("definition_digest"), sequence: try row.decode("sequence"),
            state: try row.decode("state", as: JSONValue?.self), input: try row.runInput(),
            acceptedAt: try row.decode("accepted_at"), inputs: inputs, isRecovered: isRecovered)
    }

    init(row: Row, input: DeliveredInput) throws {
        try self.init(row: row, inputs: [input])
    }
}

extension Row {
    /// The run's own input, or the array of the event that started it.
    func runInput() throws -> JSONValue {
        if let input = try decode("input", as: JSONValue?.self) { return input }
        guard let id = try decode("event_id", as: EventRecordID?.self) else {
            throw Problem(.internalError, "A run has neither an input nor the event that started it.")
        }
        let event = EventRecord(
            id: id, source: try decode("source"), sourceEventID: try decode("source_event_id"),
            type: try decode("type"), subject: try decode("subject", as: String?.self),
            occurredAt: try decode("occurred_at"), receivedAt: try decode("received_at"),
            attributes: try decode("attributes", as: JSONValue?.self), data: try decode("data", as: JSONValue?.self),
            chainDepth: try decode("event_chain_depth"))
        return .array([event.envelope])
    }

    /// `nil` for a run whose event has aged out. The event of an open run does not (`RetentionHold`).
    func keptRunInput() throws -> JSONValue? {
        let isKept = try decode("input", as: JSONValue?.self) != nil || decode("source", as: String?.self) != nil
        return isKept ? try runInput() : nil
    }

    func deliveredInput() throws -> DeliveredInput {
        let wait: String = try decode("wait_id")
        let kind: EngineInput.Kind
        if wait == ReopenedRun.waitID {
            kind = .reopen(try Reopening(json: try decode("result")))
        } else if let error = try decode("input_error", as: JSONValue?.self) {
            kind = .failed(waitID: wait, error: try WorkflowError(json: error))
        } else {
            kind = .succeeded(
                waitID: wait, result: try decode("result"), by: try decode("answered_by", as: JSONValue?.self))
        }
        return DeliveredInput(
            number: try decode("number"), input: EngineInput(at: try decode("arrived_at"), kind: kind))
    }

    /// The timers of the run that are due, in the order in which they fell due. Nobody stored the answers: their number
    /// is 0.
    func dueTimers(at now: Timestamp) throws -> [DeliveredInput] {
        let timers = try decode("timers", as: JSONValue.self).objectValue ?? [:]
        let due = timers.compactMap { wait, moment in
            moment.intValue.map { (wait: wait, at: Timestamp(unixMicroseconds: Int64($0))) }
        }
        return due.filter { $0.at <= now }.sorted { ($0.at, $0.wait) < ($1.at, $1.wait) }.map { timer in
            DeliveredInput(
                number: 0, input: EngineInput(at: now, kind: .succeeded(waitID: timer.wait, result: .null, by: nil)))
        }
    }
}
