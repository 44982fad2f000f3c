/// Random changes of a text: bytes, bits, cuts, and pieces of itself, of others and of JSON.
enum Mutation {
    private static let fragments: [[UInt8]] =
        [
            "\"", "\\", "\\u", "\\ud800", "\\udc00", "{", "}", "[", "]", ",", ":", "null", "1e", "e1152921504606846975",
            "E-99999999999999999999", "-", ".", "0", "\u{FEFF}", "é",
        ]
        .map { Array($0.utf8) } + [[0x00], [0x1F], [0x80], [0xC0], [0xED, 0xA0, 0x80], [0xF4, 0x90], [0xFF]]

    static func change(_ text: inout [UInt8], from corpus: [[UInt8]], _ random: inout SplitMix) {
        let place = Int.random(in: 0...text.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &random) }
        case 1: if place < text.count { text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 2: if place < text.count { text.remove(at: place) }
        case 3:
            text.insert(contentsOf: fragments[Int.random(in: 0..<fragments.count, using: &random)], at: place)
        case 4: text.removeLast(text.count - place)
        case 5:
            let end = Int.random(in: place...min(text.count, place + 16), using: &random)
            text.insert(contentsOf: Array(text[place..<end]), at: Int.random(in: 0...text.count, using: &random))
        default:
            let other = corpus[Int.random(in: 0..<corpus.count, using: &random)]
            let start = Int.random(in: 0..<other.count, using: &random)
            let end = min(other.count, start + Int.random(in: 1...24, using: &random))
            text.insert(contentsOf: other[start..<end], at: place)
        }
    }
}
