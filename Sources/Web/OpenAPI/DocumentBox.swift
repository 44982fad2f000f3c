import JSON
import Synchronization

/// Holds the document that describes the table of which serving it is a part: it can only be written once the table is
/// there.
final class DocumentBox: Sendable {
    private let state = Mutex(JSONValue.null)

    var value: JSONValue { state.withLock { $0 } }
    func set(_ value: JSONValue) { state.withLock { $0 = value } }
}
