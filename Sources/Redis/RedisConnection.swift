import CHiredis
import Glibc

/// A reply of Redis, copied out of the C library.
package enum RedisReply: Sendable, Hashable {
    case null
    case integer(Int64)
    case string(String)
    case array([RedisReply])

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
}

package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case cannotConnect
        case connectionLost
        /// The server refused the command.
        case refused
    }

    package var kind: Kind
    package var message: String
    package var description: String { "Redis: \(message)" }
}

/// One blocking connection. It belongs to a thread of its own (`RedisClient`), never to Swift's cooperative pool.
struct RedisConnection: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>

    init(host: String, port: Int32, timeoutSeconds: Int) throws(RedisError) {
        let timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let made =
            host.hasPrefix("/")
            ? redisConnectUnixWithTimeout(host, timeout) : redisConnectWithTimeout(host, port, timeout)
        guard let made else { throw RedisError(kind: .cannotConnect, message: "no memory for a connection") }
        guard made.pointee.err == 0 else {
            let message = Self.text(made)
            redisFree(made)
            throw RedisError(kind: .cannotConnect, message: message)
        }
        redisSetTimeout(made, timeout)
        context = made
    }

    deinit { redisFree(context) }

    /// Arguments are sent by length: a value can hold any byte and cannot become a command.
    func send(_ arguments: [String]) throws(RedisError) -> RedisReply {
        let raw = Self.withArguments(arguments) { count, pointers, lengths in
            redisCommandArgv(context, count, pointers, lengths)
        }
        guard let raw else { throw RedisError(kind: .connectionLost, message: Self.text(context)) }
        defer { freeReplyObject(raw) }
        return try Self.copy(raw.assumingMemoryBound(to: redisReply.self))
    }

    private static func withArguments<Result>(
        _ arguments: [String],
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Result
    ) -> Result {
        let copies = arguments.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        var pointers = copies.map { UnsafePointer<CChar>($0) }
        let lengths = arguments.map(\.utf8.count)
        return pointers.withUnsafeMutableBufferPointer { pointers in
            lengths.withUnsafeBufferPointer { lengths in
                body(Int32(arguments.count), pointers.baseAddress!, lengths.baseAddress!)
            }
        }
    }

    private static func copy(_ reply: UnsafeMutablePointer<redisReply>) throws(RedisError) -> RedisReply {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .string(string(reply))
        case REDIS_REPLY_ERROR: throw RedisError(kind: .refused, message: string(reply))
        case REDIS_REPLY_ARRAY:
            var items: [RedisReply] = []
            for index in 0..<reply.pointee.elements {
                guard let element = reply.pointee.element[index] else { continue }
                items.append(try copy(element))
            }
            return .array(items)
        default: return .null
        }
    }

    private static func string(_ reply: UnsafeMutablePointer<redisReply>) -> String {
        let bytes = UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafePointer(to: &context.pointee.errstr) {
            $0.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
        }
    }
}
