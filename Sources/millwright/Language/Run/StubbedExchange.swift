import Connectors
import JSON
import Synchronization

/// Answers requests from the stub file. What has no answer there fails; nothing goes out.
final class StubbedExchange: HTTPExchange {
    /// How long the answers to one task's requests take, together: time passes for the run, not for the one who waits.
    final class Delay: Sendable {
        private let total = Mutex(0.0)
        var seconds: Double { total.withLock { $0 } }
        func add(_ seconds: Double) { total.withLock { $0 += seconds } }
    }

    @TaskLocal static var delay: Delay?

    private let stubs: [StubFile.HTTPStub]
    /// How many answers each stub gave.
    private let given: Mutex<[Int]>

    init(_ stubs: [StubFile.HTTPStub]) {
        self.stubs = stubs
        given = Mutex(Array(repeating: 0, count: stubs.count))
    }

    func exchange(
        _ request: OutboundRequest, limits: CallLimits
    ) async throws(OutboundFailure) -> OutboundResponse {
        let address = request.address.description
        guard let number = stubs.firstIndex(where: { $0.answers(request.method, address) }),
            let answer = next(of: number)
        else {
            throw OutboundFailure(
                .invalidRequest("the stub file has no answer for \(request.method) \(address)"), wasSent: false)
        }
        Self.delay?.add(answer.afterSeconds)
        var headers = answer.headers
        var body: [UInt8] = []
        switch answer.body {
        case nil: break
        case .string(let text)?: body = Array(text.utf8)
        case let value?:
            body = value.serializedBytes()
            if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                headers.append(("content-type", "application/json"))
            }
        }
        return OutboundResponse(status: answer.status, headers: headers, body: body)
    }

    private func next(of number: Int) -> StubFile.HTTPStub.Answer? {
        let answers = stubs[number].answers
        let position = given.withLock { given in
            defer { given[number] += 1 }
            return given[number]
        }
        return answers.isEmpty ? nil : answers[min(position, answers.count - 1)]
    }
}

extension StubFile.HTTPStub {
    func answers(_ method: String, _ address: String) -> Bool {
        guard method == self.method else { return false }
        let compared = self.address.contains("?") ? address[...] : address.prefix { $0 != "?" }
        return Self.matches(Array(self.address.utf8)[...], Array(compared.utf8)[...])
    }

    /// `*` takes any text without a slash, as little as will do.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var pattern = pattern
        var text = text
        var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        while !text.isEmpty || !pattern.isEmpty {
            if pattern.first == UInt8(ascii: "*") {
                pattern.removeFirst()
                retry = (pattern, text)
            } else if let byte = text.first, byte == pattern.first {
                pattern.removeFirst()
                text.removeFirst()
            } else if let last = retry, let skipped = last.text.first, skipped != UInt8(ascii: "/") {
                retry = (last.pattern, last.text.dropFirst())
                (pattern, text) = (last.pattern, last.text.dropFirst())
            } else {
                return false
            }
        }
        return true
    }
}
