import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// The fields of an `application/x-www-form-urlencoded` body. A name that comes twice keeps its first value.
struct FormBody {
    static let maximumBytes = 256 << 10
    static let contentType = "application/x-www-form-urlencoded"

    let fields: [String: String]

    /// - Throws: `unsupportedMediaType`, `payloadTooLarge`, and `invalidRequest` for what is no form.
    static func read(_ request: Request) async throws -> FormBody {
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.filter({ !$0.isWhitespace }) == contentType else {
            throw Problem(.unsupportedMediaType, "This page takes what its own form sends.")
        }
        let tooLarge = Problem(
            .payloadTooLarge,
            "You entered more than the \(maximumBytes >> 10) KiB that can be taken here. Shorten it and try again.")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximumBytes { throw tooLarge }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= maximumBytes else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return try FormBody(bytes)
    }

    init(fields: [String: String]) { self.fields = fields }

    /// - Throws: `invalidRequest` for a broken escape or text that is not UTF-8. To leave such a field out would be to
    ///   decide something that was not entered.
    init(_ bytes: [UInt8]) throws(Problem) {
        var fields: [String: String] = [:]
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = parts.count > 1 ? Self.decoded(parts[1]) : "" else {
                throw Problem(.invalidRequest, "What was sent cannot be read as text. Go back and try again.")
            }
            // A browser sends line ends as CR LF; everything else here has LF.
            if fields[name] == nil { fields[name] = value.replacing("\r\n", with: "\n") }
        }
        self.fields = fields
    }

    subscript(name: String) -> String { fields[name] ?? "" }

    /// `nil` for what is not UTF-8, not an escape, or has a NUL, which PostgreSQL has no text for.
    private static func decoded(_ bytes: some Collection<UInt8>) -> String? {
        var result: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): result.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hex), let low = iterator.next().flatMap(hex) else {
                    return nil
                }
                result.append(high << 4 | low)
            default: result.append(byte)
            }
        }
        return result.contains(0) ? nil : String(validating: result, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } }
}
