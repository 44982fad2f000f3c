/// Makes hostile inputs of good ones: flips, cuts, copies, pieces of others, words of the language, and what is hard in it.
struct FuzzMutator: Sendable {
    /// Longer inputs than this are cut: they would test patience.
    static let longestInput = 64 << 10

    let seeds: [[UInt8]]
    let tokens: [[UInt8]]

    /// - Parameter tokens: words of the language, beside those that are hard in any.
    init(seeds: [[UInt8]], tokens: [String]) {
        self.seeds = seeds
        self.tokens = Self.hardTokens + tokens.map { Array($0.utf8) }
    }

    /// The input of a position; the same at every call.
    func input(seed: UInt64, position: UInt64) -> [UInt8] {
        var random = FuzzRandom(seed: seed, position: position)
        var text = random.pick(seeds)
        // Half of them are changed once: what is nearly good gets further than what is quite broken.
        for _ in 0...(random.below(2) == 0 ? 0 : random.below(6)) { change(&text, &random) }
        if text.count > Self.longestInput { text.removeLast(text.count - Self.longestInput) }
        return text
    }

    private func change(_ text: inout [UInt8], _ random: inout FuzzRandom) {
        let place = random.below(text.count + 1)
        switch random.below(12) {
        case 0: if place < text.count { text[place] = UInt8(random.below(256)) }
        case 1: if place < text.count { text[place] ^= 1 << UInt8(random.below(8)) }
        case 2: if place < text.count { text.remove(at: place) }
        case 3, 4, 5: text.insert(contentsOf: random.pick(tokens), at: place)
        case 6: text.removeLast(text.count - place)
        case 7: removePiece(&text, &random)
        case 8: copyPiece(&text, &random)
        case 9: splice(&text, at: place, &random)
        case 10: replaceNumber(&text, from: place, &random)
        default: nest(&text, at: place, &random)
        }
    }

    private func removePiece(_ text: inout [UInt8], _ random: inout FuzzRandom) {
        let start = random.below(text.count + 1)
        text.removeSubrange(start..<min(text.count, start + random.below(40)))
    }

    private func copyPiece(_ text: inout [UInt8], _ random: inout FuzzRandom) {
        let start = random.below(text.count + 1)
        let piece = Array(text[start..<min(text.count, start + random.below(64))])
        let copies = random.below(20) == 0 ? 200 : 1 + random.below(3)
        text.insert(contentsOf: repeatElement(piece, count: copies).joined(), at: random.below(text.count + 1))
    }

    private func splice(_ text: inout [UInt8], at place: Int, _ random: inout FuzzRandom) {
        let other = random.pick(seeds)
        let start = random.below(other.count + 1)
        let piece = other[start..<min(other.count, start + 1 + random.below(80))]
        if random.below(4) == 0 {
            text.replaceSubrange(place..., with: other[start...])
        } else {
            text.insert(contentsOf: piece, at: place)
        }
    }

    /// The next number becomes one that is hard.
    private func replaceNumber(_ text: inout [UInt8], from place: Int, _ random: inout FuzzRandom) {
        guard let start = text[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
        let end = text[start...].firstIndex { !(0x30...0x39).contains($0) } ?? text.count
        text.replaceSubrange(start..<end, with: Array(random.pick(Self.hardNumbers).utf8))
    }

    /// A bracket many times over, sometimes with as many that close it.
    private func nest(_ text: inout [UInt8], at place: Int, _ random: inout FuzzRandom) {
        let (open, close) = random.pick(Self.brackets)
        let depth = random.pick([3, 50, 300, 511, 512, 513, 2_000, 8_000])
        text.insert(contentsOf: repeatElement(Array(open.utf8), count: depth).joined(), at: place)
        if random.below(2) == 0 {
            text.append(contentsOf: repeatElement(Array(close.utf8), count: depth).joined())
        }
    }

    private static let brackets = [
        ("[", "]"), ("{", "}"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), ("(", ")"), ("\"\\(", ")\""), ("- ", ""),
        ("a: ", ""),
        ("{a: ", "}"), ("[", ""),
    ]

    private static let hardNumbers = [
        "0", "-0", "00", "1.", ".5", "1e", "1e999999999999", "-1E+400", "1e-400", "1e1152921504606846975",
        "9007199254740993",
        "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "0.1e1", "1.0",
        "123456789012345678901234567890.12345678901234567890", "4.9406564584124654e-324", "1.7976931348623157e308",
        "NaN",
        "Infinity", "0x10", "1_000", "+1", "1000000",
    ]

    private static let hardTokens: [[UInt8]] =
        [
            "\"", "\\", "\\\"", "\\u", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "{", "}", "[", "]", ",", ":",
            "null", "true",
            "false", "-", ".", "e", "\u{FEFF}", "é", "e\u{301}", "😀", "\n", "\r\n", "\t", " ", "\u{2028}", "'", "#",
            "//",
            "\"\":", "\"a\":1,\"a\":2", "[[", "]]", "}}",
        ]
        .map { Array($0.utf8) } + [
            [0x00], [0x1F], [0x7F], [0x80], [0xC0], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
        ]
}
