import JSON
import Primitives
import Synchronization
import SystemPackage

/// What the stand-in plant systems remember: work orders, lots and messages, with the answer to every idempotency key.
///
/// Every accepted change is one line of an append-only file, written before it is answered, so that the books can be
/// compared with it after any process was killed.
final class StandInLedger: Sendable {
    struct State {
        var workOrders: [String: JSONValue] = [:]
        var numbers: [String] = []
        var byReference: [String: [String]] = [:]
        var lots: [String: JSONValue] = [:]
        var messages: [JSONValue] = []
        var answers: [String: JSONValue] = [:]
        var repeatedKeys = 0
    }

    private let state: Mutex<State>
    private let file: FileDescriptor

    /// - Parameter path: the ledger file; it is made when there is none, and read when there is one.
    init(path: FilePath) throws {
        file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .append], permissions: [.ownerReadWrite])
        var loaded = State()
        for line in try Self.lines(of: file) {
            // A line that a kill cut off was never answered.
            guard let entry = try? JSONValue(parsing: line) else { continue }
            Self.apply(entry, to: &loaded)
        }
        state = Mutex(loaded)
    }

    func read<Value>(_ body: (State) -> Value) -> Value { state.withLock { body($0) } }

    /// Applies a change once for its key. `make` builds the answer from the current state; it is not called for a key
    /// that was seen before.
    func change(
        key: String?, kind: String, _ make: (State) throws -> JSONValue
    ) throws -> (answer: JSONValue, isRepeated: Bool) {
        try state.withLock { state in
            if let key, let answer = state.answers[key] {
                state.repeatedKeys += 1
                return (answer, true)
            }
            let answer = try make(state)
            var entry: JSONObject = ["kind": .string(kind), "answer": answer]
            if let key { entry["key"] = .string(key) }
            let value = JSONValue.object(entry)
            try file.writeAll(value.serializedBytes() + [UInt8(ascii: "\n")])
            Self.apply(value, to: &state)
            return (answer, false)
        }
    }

    private static func apply(_ entry: JSONValue, to state: inout State) {
        guard let answer = entry["answer"], let kind = entry["kind"]?.stringValue else { return }
        if let key = entry["key"]?.stringValue { state.answers[key] = answer }
        switch kind {
        case "work-order":
            guard let id = answer["id"]?.stringValue else { return }
            if state.workOrders.updateValue(answer, forKey: id) == nil {
                state.numbers.append(id)
                if let reference = answer["reference"]?.stringValue {
                    state.byReference[reference, default: []].append(id)
                }
            }
        case "lot":
            if let lot = answer["lot"]?.stringValue { state.lots[lot] = answer }
        case "message": state.messages.append(answer)
        default: break
        }
    }

    private static func lines(of file: FileDescriptor) throws -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
