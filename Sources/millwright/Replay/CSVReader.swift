import JSON
import Primitives

/// Comma-separated values as RFC 4180 has them: quoted fields, doubled quotes, line ends inside quotes, with or without
/// a byte order mark. (The library at hand forgets on which line a row began, which the report needs.)
struct CSVReader {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Every row as an object by the heading of its column, all values as text, with the line on which it began.
    static func rows(of bytes: [UInt8]) throws -> [ReplayRow] {
        var reader = CSVReader(bytes)
        guard let (headings, _) = try reader.record() else { return [] }
        var names: Set<String> = []
        for heading in headings where !names.insert(heading).inserted {
            throw Problem(.invalidRequest, "Line 1: the column “\(heading)” is there twice.")
        }
        var rows: [ReplayRow] = []
        while let (fields, line) = try reader.record() {
            if fields == [""] { continue }  // an empty line
            guard fields.count == headings.count else {
                rows.append(
                    ReplayRow(
                        line: line,
                        content: .failure("has \(fields.count) fields where the heading has \(headings.count)")))
                continue
            }
            let members = zip(headings, fields).map { ($0, JSONValue.string($1)) }
            rows.append(ReplayRow(line: line, content: .success(.object(JSONObject(uniqueKeysWithValues: members)))))
        }
        return rows
    }

    private mutating func record() throws -> (fields: [String], line: Int)? {
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            fields.append(try field(startLine: start))
            guard position < bytes.count else { return (fields, start) }
            let separator = bytes[position]
            position += 1
            if separator == UInt8(ascii: ",") { continue }
            if separator == UInt8(ascii: "\r"), position < bytes.count, bytes[position] == UInt8(ascii: "\n") {
                position += 1
            }
            line += 1
            return (fields, start)
        }
    }

    private mutating func field(startLine: Int) throws -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return plainField() }
        position += 1
        var value: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte != UInt8(ascii: "\"") {
                value.append(byte)
            } else if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                value.append(byte)
                position += 1
            } else {
                value += Array(plainField().utf8)
                return String(decoding: value, as: UTF8.self)
            }
        }
        throw Problem(.invalidRequest, "Line \(startLine): a quote is opened and never closed.")
    }

    private mutating func plainField() -> String {
        let start = position
        while position < bytes.count, ![UInt8(ascii: ","), 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
