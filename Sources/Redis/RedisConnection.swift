import CHiredis
import Glibc
import Primitives

/// One blocking connection. It belongs to a thread of its own (`RedisClient`), never to Swift's cooperative pool.
struct RedisConnection: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>

    /// Connects, signs in and chooses the database. Looking a host up has the system's patience, not the timeout's.
    static func open(_ endpoint: RedisEndpoint, timeoutMilliseconds: Int) throws(RedisError) -> RedisConnection {
        let connection = try RedisConnection(endpoint, timeoutMilliseconds)
        for greeting in greetings(endpoint) {
            if case .failure(let error) = connection.send([greeting])[0] {
                throw RedisError(.cannotConnect, error.message)
            }
        }
        return connection
    }

    private init(_ endpoint: RedisEndpoint, _ timeoutMilliseconds: Int) throws(RedisError) {
        let timeout = timeval(tv_sec: timeoutMilliseconds / 1000, tv_usec: timeoutMilliseconds % 1000 * 1000)
        let made =
            switch endpoint.place {
            case .unix(let path): redisConnectUnixWithTimeout(path, timeout)
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), timeout)
            }
        guard let made else { throw RedisError(.cannotConnect, "no memory for a connection") }
        guard made.pointee.err == 0 else {
            let message = Self.text(made)
            redisFree(made)
            throw RedisError(.cannotConnect, message)
        }
        redisSetTimeout(made, timeout)
        context = made
    }

    deinit { redisFree(context) }

    private static func greetings(_ endpoint: RedisEndpoint) -> [[String]] {
        var commands: [[String]] = []
        if let password = endpoint.password {
            commands.append(["AUTH"] + (endpoint.username.map { [$0] } ?? []) + [password.reveal()])
        }
        if endpoint.database != 0 { commands.append(["SELECT", String(endpoint.database)]) }
        return commands
    }

    /// Sends all commands at once and reads their replies: one round trip. After a failure that is not a refusal the
    /// connection is of no more use, and the commands behind it have failed as well.
    ///
    /// Arguments are sent by length: a value can hold any byte and cannot become a command.
    func send(_ commands: [[String]]) -> [Result<RedisReply, RedisError>] {
        for command in commands {
            Self.withArguments(command) { count, pointers, lengths in
                // It fails only for want of memory; then a reply is missing below, and that is noticed.
                _ = redisAppendCommandArgv(context, count, pointers, lengths)
            }
        }
        var replies: [Result<RedisReply, RedisError>] = []
        replies.reserveCapacity(commands.count)
        while replies.count < commands.count {
            var raw: UnsafeMutableRawPointer?
            guard redisGetReply(context, &raw) == REDIS_OK, let raw else {
                let lost = RedisError(.connectionLost, Self.text(context))
                replies += Array(repeating: .failure(lost), count: commands.count - replies.count)
                break
            }
            defer { freeReplyObject(raw) }
            replies.append(Self.copy(raw.assumingMemoryBound(to: redisReply.self)))
        }
        return replies
    }

    private static func withArguments(
        _ arguments: [String],
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Void
    ) {
        let lengths = arguments.map(\.utf8.count)
        // One block for all of them; hiredis copies it.
        var bytes: [CChar] = []
        bytes.reserveCapacity(lengths.reduce(1, +))
        for argument in arguments { bytes += argument.utf8.lazy.map { CChar(bitPattern: $0) } }
        bytes.append(0)
        bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = lengths.map { length in
                defer { offset += length }
                return bytes.baseAddress! + offset
            }
            pointers.withUnsafeMutableBufferPointer { pointers in
                lengths.withUnsafeBufferPointer { lengths in
                    body(Int32(arguments.count), pointers.baseAddress!, lengths.baseAddress!)
                }
            }
        }
    }

    private static func copy(_ reply: UnsafeMutablePointer<redisReply>) -> Result<RedisReply, RedisError> {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: return .success(.integer(reply.pointee.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .success(.string(string(reply)))
        case REDIS_REPLY_ERROR: return .failure(RedisError(.refused, string(reply)))
        case REDIS_REPLY_ARRAY:
            var items: [RedisReply] = []
            for index in 0..<reply.pointee.elements {
                guard let element = reply.pointee.element[index] else { continue }
                switch copy(element) {
                case .success(let item): items.append(item)
                case .failure(let error): return .failure(error)
                }
            }
            return .success(.array(items))
        default: return .success(.null)
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
