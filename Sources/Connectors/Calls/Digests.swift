import Crypto

/// Digests as the lower-case hexadecimal text that headers and keys want.
enum Digests {
    static func md5(_ text: String) -> String { hexadecimal(Insecure.MD5.hash(data: Array(text.utf8))) }
    static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
    static func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
    static func md5(_ bytes: [UInt8]) -> String { hexadecimal(Insecure.MD5.hash(data: bytes)) }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
