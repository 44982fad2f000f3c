import Crypto
import JQ
import JSON
import Primitives

/// Turns rows into CloudEvents with a jq program. What the program leaves out is filled in: an `id` from the content of
/// the row and how often that content came before, so that replaying a file again finds every event already there.
struct EventMapping: Sendable {
    private let program: JQProgram
    private let source: String

    /// - Parameter program: gets a row and yields a CloudEvent, or `empty` to leave the row out.
    init(_ program: String, source: String) throws {
        do {
            self.program = try JQProgram(program, variables: ["line"])
        } catch {
            throw Problem(.invalidParameters, "The mapping is not a jq program: \(error)")
        }
        self.source = source
    }

    struct Mapped: Sendable {
        var line: Int
        var event: JSONValue
    }

    struct Refused: Sendable {
        var line: Int
        var reason: String
    }

    func map(_ rows: [ReplayRow]) -> (events: [Mapped], refused: [Refused]) {
        var events: [Mapped] = []
        var refused: [Refused] = []
        var seen: [String: Int] = [:]
        for row in rows {
            switch row.content {
            case .failure(let reason): refused.append(Refused(line: row.line, reason: reason))
            case .success(let value):
                do {
                    let outputs = try program.evaluate(value, variables: [.number(JSONNumber(row.line))])
                    for output in outputs {
                        events.append(Mapped(line: row.line, event: complete(output, row: value, &seen)))
                    }
                } catch {
                    refused.append(Refused(line: row.line, reason: "cannot be mapped: \(error)"))
                }
            }
        }
        return (events, refused)
    }

    private func complete(_ output: JSONValue, row: JSONValue, _ seen: inout [String: Int]) -> JSONValue {
        guard var event = output.objectValue else { return output }
        if event["specversion"] == nil { event["specversion"] = "1.0" }
        if event["source"] == nil { event["source"] = .string(source) }
        if event["id"] == nil {
            let digest = SHA256.hash(data: row.serializedBytes(.canonical)).prefix(12)
            let text = digest.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
            let count = seen[text, default: 0]
            seen[text] = count + 1
            event["id"] = .string(count == 0 ? text : "\(text)-\(count)")
        }
        return .object(event)
    }
}
