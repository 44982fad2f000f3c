import Glibc

/// Results on their way to standard output, many at a time. A reader that has gone ends the program, as it does with jq.
struct JQOutput {
    private static let fullBytes = 1 << 16
    private var waiting: [UInt8] = []

    mutating func writeLine(_ text: some Sequence<UInt8>) {
        waiting.append(contentsOf: text)
        waiting.append(UInt8(ascii: "\n"))
        if waiting.count >= Self.fullBytes { flush() }
    }

    mutating func flush() {
        var rest = waiting[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                Glibc.exit(2)
            }
            rest = rest.dropFirst(count)
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

/// Says how many lines were read so far, as jq does in its errors: it reads whole lines, and counts those that end.
struct LineCount {
    private let bytes: [UInt8]
    private var position = 0
    private var ended = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read(upTo offset: Int) -> Int {
        while position < offset {
            if bytes[position] == UInt8(ascii: "\n") { ended += 1 }
            position += 1
        }
        // The line in which the value ends is read to its end.
        while position < bytes.count, position > 0, bytes[position - 1] != UInt8(ascii: "\n") {
            if bytes[position] == UInt8(ascii: "\n") { ended += 1 }
            position += 1
        }
        return ended
    }
}
