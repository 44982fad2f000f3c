import JSON
import Primitives

/// One row of a file, with the line on which it begins.
struct ReplayRow: Sendable {
    var line: Int
    var content: Content

    enum Content: Sendable {
        case success(JSONValue)
        /// Why it is not a row.
        case failure(String)
    }

    /// Reads CSV, JSON (an array, or one object), or JSON lines: by the name's ending, else by the first byte.
    static func read(path: String) throws -> [ReplayRow] {
        let bytes = Array(try FileText.read(path).utf8)
        if path.hasSuffix(".csv") { return try CSVReader.rows(of: bytes) }
        if path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson") { return lines(of: bytes) }
        switch bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
        case UInt8(ascii: "["): return try array(bytes)
        case UInt8(ascii: "{"): return lines(of: bytes)
        default: return try CSVReader.rows(of: bytes)
        }
    }

    private static func array(_ bytes: [UInt8]) throws -> [ReplayRow] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw Problem(.invalidRequest, "The file is not JSON: \(error)")
        }
        return zip(value.arrayValue ?? [], elementLines(of: bytes)).map { ReplayRow(line: $1, content: .success($0)) }
    }

    /// On which line each element of an array begins, which a parsed value no longer knows. The text is an array.
    private static func elementLines(of bytes: [UInt8]) -> [Int] {
        var lines: [Int] = []
        var (line, depth) = (1, 0)
        var (isInText, isEscaped, isAwaited) = (false, false, false)
        for byte in bytes {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    isInText = byte != UInt8(ascii: "\"")
                }
                continue
            }
            if isAwaited, ![0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "]")].contains(byte) {
                lines.append(line)
                isAwaited = false
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 1 { isAwaited = true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ",") where depth == 1: isAwaited = true
            default: break
            }
        }
        return lines
    }

    private static func lines(of bytes: [UInt8]) -> [ReplayRow] {
        if let whole = try? JSONValue(parsing: bytes) { return [ReplayRow(line: 1, content: .success(whole))] }
        var rows: [ReplayRow] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) {
            do {
                rows.append(ReplayRow(line: index + 1, content: .success(try JSONValue(parsing: Array(line)))))
            } catch {
                rows.append(ReplayRow(line: index + 1, content: .failure("is not JSON: \(error.description)")))
            }
        }
        return rows
    }
}
