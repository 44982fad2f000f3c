/// Reads the binary form of `numeric` (base 10,000 digits, `numeric_send`) as its exact decimal text.
enum NumericText {
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000
    private static let digitsPerGroup = 4

    static func read(_ bytes: UnsafeRawBufferPointer) throws(DecodingProblem) -> String {
        func word(_ index: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        guard bytes.count >= 8, bytes.count == 8 + Int(word(0)) * 2 else { throw DecodingProblem("is not a numeric") }
        let groups = Int(word(0))
        let weight = Int(Int16(bitPattern: word(1)))
        let sign = word(2)
        let scale = Int(word(3))
        guard sign == 0 || sign == negative else {
            throw DecodingProblem(sign == notANumber ? "is not a number" : "is infinite")
        }
        // The group at position p counts units of 10000^(weight - p); positions past the ends are zero.
        func group(_ position: Int) -> String {
            let digits = String((0..<groups).contains(position) ? word(4 + position) : 0)
            return String(repeating: "0", count: digitsPerGroup - digits.count) + digits
        }
        var whole = ""
        for position in 0..<max(0, weight + 1) { whole += group(position) }
        whole = String(whole.drop { $0 == "0" })
        if whole.isEmpty { whole = "0" }
        var fraction = ""
        var position = weight + 1
        while fraction.count < scale {
            fraction += group(position)
            position += 1
        }
        let text = scale > 0 ? whole + "." + fraction.prefix(scale) : whole
        return sign == negative ? "-" + text : text
    }
}
