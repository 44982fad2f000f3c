import Glibc
import Primitives

/// Many keep-alive connections on one thread: each sends its next request when it has the answer to the last one. Used
/// by the thread that made it.
final class ConnectionCrowd {
    private struct Member {
        let descriptor: Int32
        var reader = HTTPAnswerReader()
        var sentAt = ContinuousClock.now
    }

    private var members: [Member] = []
    /// What the kernel is asked; a member's place is the same in both.
    private var watched: [pollfd] = []
    private var waiting = 0
    private var outcome = LoadGenerator.Outcome()

    init(port: Int, connections: Int) throws {
        for _ in 0..<connections {
            let descriptor = try Self.opened(port)
            members.append(Member(descriptor: descriptor))
            watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    deinit {
        for member in members { close(member.descriptor) }
    }

    private static func opened(_ port: Int) throws -> Int32 {
        let connection = try KeepAliveConnection(port: port)
        let copy = dup(connection.descriptor)
        guard copy >= 0 else { throw Problem(.unavailable, "There are too many connections for this process.") }
        return copy
    }

    /// Until `next` has nothing more and every answer has come.
    func drive(patienceSeconds: Int, next: () -> [UInt8]?) throws -> LoadGenerator.Outcome {
        for place in members.indices { try send(next(), from: place) }
        while waiting > 0 {
            let count = poll(&watched, nfds_t(watched.count), Int32(patienceSeconds * 1000))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Problem(.unavailable, "The server did not answer in \(patienceSeconds) s.") }
            for place in watched.indices where watched[place].revents != 0 { try receive(place, next) }
        }
        return outcome
    }

    private func send(_ request: [UInt8]?, from place: Int) throws {
        guard let request else { return }
        members[place].reader.start()
        members[place].sentAt = .now
        try KeepAliveConnection.write(request, to: members[place].descriptor)
        waiting += 1
    }

    private func receive(_ place: Int, _ next: () -> [UInt8]?) throws {
        let isComplete = try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            let count = recv(members[place].descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return false }
            guard count > 0 else { throw Problem(.unavailable, "The server closed the connection.") }
            return members[place].reader.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard isComplete else { return }
        waiting -= 1
        outcome.sent += 1
        outcome.answerMilliseconds.append((ContinuousClock.now - members[place].sentAt).seconds * 1000)
        let status = members[place].reader.status
        if status != 202 { outcome.refused[status, default: 0] += 1 }
        try send(next(), from: place)
    }
}
