/// A reply of Redis, copied out of the C library.
package enum RedisReply: Sendable, Hashable {
    case null
    case integer(Int64)
    case string(String)
    case array([RedisReply])

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var arrayValue: [RedisReply]? { if case .array(let value) = self { value } else { nil } }
}

package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case cannotConnect
        case connectionLost
        /// The server refused the command.
        case refused
        /// No reply within the caller's time. The command may still be done.
        case timedOut
        /// The reply is not what the command answers.
        case unexpected
        /// Too many commands wait already.
        case overloaded
        /// The caller's task was cancelled.
        case cancelled
    }

    package var kind: Kind
    package var message: String
    package var description: String { "Redis: \(message)" }

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
