/// What happened in a seed: a digest of all of it, and the last steps in words.
struct SimulationTrace {
    static let keptLines = 60

    let isPrinted: Bool
    private(set) var steps = 0
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private var kept: [String] = []

    init(isPrinted: Bool) { self.isPrinted = isPrinted }

    mutating func add(_ seconds: Int64, _ line: @autoclosure () -> String) {
        steps += 1
        let text = "\(steps) +\(seconds)s \(line())"
        for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if isPrinted { Terminal.writeLine(text) }
        kept.append(text)
        if kept.count > 2 * Self.keptLines { kept.removeFirst(Self.keptLines) }
    }

    var last: [String] { Array(kept.suffix(Self.keptLines)) }
    var digestText: String { String(digest, radix: 16) }
}
