import JSON

/// Base64 of RFC 4648; padding may be left out when decoding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func encode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for place in 0..<4 {
                let letter = alphabet[Int(group >> UInt32(18 - place * 6) & 63)]
                result.append(place <= count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: String) throws(Fault) -> String {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var count = 0
        for letter in text.utf8 {
            if letter == UInt8(ascii: "=") { break }
            let value = values[Int(letter)]
            if value == 0xFF { throw .message("\(ErrorText.full(.string(text))) is not valid base64 data") }
            group = group << 6 | UInt32(value)
            count += 1
            if count == 4 {
                result += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
                (group, count) = (0, 0)
            }
        }
        switch count {
        case 1: throw .message("\(ErrorText.full(.string(text))) trailing base64 byte found")
        case 2: result.append(UInt8(group >> 4 & 255))
        case 3: result += [UInt8(group >> 10 & 255), UInt8(group >> 2 & 255)]
        default: break
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Base32 of RFC 4648.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ text: String) -> String {
        var result: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in text.utf8 {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                result.append(alphabet[Int(buffer >> bits & 31)])
            }
        }
        if bits > 0 { result.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        while result.count % 8 != 0 { result.append(UInt8(ascii: "=")) }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: String) throws(Fault) -> String {
        var result: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for letter in text.utf8 {
            if letter == UInt8(ascii: "=") { break }
            guard let value = alphabet.firstIndex(of: letter) else {
                throw .message("\(ErrorText.full(.string(text))) is not valid base32 data")
            }
            buffer = (buffer << 5 | UInt32(value)) & 0xFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(buffer >> bits & 255))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
