import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// A `multipart/form-data` body (RFC 7578): the form's fields and one file. Bounded; a part that cannot be read is no form.
struct MultipartBody {
    static let contentType = "multipart/form-data"
    /// Of the fields and the parts' heads, beside the file.
    static let maximumExtraBytes = 64 << 10
    static let maximumParts = 20

    struct File {
        var name: String
        var mediaType: String
        var content: [UInt8]
    }

    private(set) var fields: [String: String] = [:]
    private(set) var file: File?

    /// - Throws: `unsupportedMediaType`, `payloadTooLarge`, and `invalidRequest` for what is no form.
    static func read(_ request: Request, maximumFileBytes: Int) async throws -> MultipartBody {
        guard let boundary = boundary(request.headers[.contentType]) else {
            throw Problem(.unsupportedMediaType, "This page takes what its own form sends.")
        }
        let limit = maximumFileBytes + maximumExtraBytes
        let tooLarge = Problem(.payloadTooLarge, "A file may have \(maximumFileBytes >> 20) MiB at the most.")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return try MultipartBody(bytes, boundary: boundary)
    }

    static func boundary(_ contentType: String?) -> String? {
        guard let parts = contentType?.split(separator: ";").map({ $0.filter { $0 != " " } }),
            parts.first?.lowercased() == Self.contentType,
            let parameter = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("boundary=") })
        else { return nil }
        let boundary = String(parameter.dropFirst("boundary=".count).filter { $0 != "\"" })
        return (1...70).contains(boundary.utf8.count) ? boundary : nil
    }

    init(_ bytes: [UInt8], boundary: String) throws(Problem) {
        let broken = Problem(.invalidRequest, "What was sent cannot be read as a form. Go back and try again.")
        // Each delimiter stands on a line of its own; the first has no line before it.
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let text = [0x0D, 0x0A] + bytes
        guard var start = Self.find(delimiter, in: text, from: 0) else { throw broken }
        for _ in 0..<Self.maximumParts {
            let head = start + delimiter.count
            if text[head...].starts(with: "--".utf8) { return }
            guard text[head...].starts(with: [0x0D, 0x0A]), let end = Self.find(delimiter, in: text, from: head)
            else { throw broken }
            try add(Array(text[(head + 2)..<end]), broken)
            start = end
        }
        throw broken
    }

    private mutating func add(_ part: [UInt8], _ broken: Problem) throws(Problem) {
        guard let gap = Self.find([0x0D, 0x0A, 0x0D, 0x0A], in: part, from: 0),
            let head = String(validating: part[..<gap], as: UTF8.self)
        else { throw broken }
        let content = Array(part[(gap + 4)...])
        var disposition: String?
        var mediaType = "application/octet-stream"
        for line in head.split(separator: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { throw broken }
            switch pair[0].lowercased() {
            case "content-disposition": disposition = String(pair[1])
            case "content-type": mediaType = String(pair[1].trimmingPrefix(" "))
            default: break
            }
        }
        guard let disposition, let name = Self.parameter("name", of: disposition) else { throw broken }
        if let fileName = Self.parameter("filename", of: disposition) {
            guard file == nil else { throw broken }
            file = File(name: fileName, mediaType: mediaType, content: content)
        } else if let value = String(validating: content, as: UTF8.self), !content.contains(0) {
            if fields[name] == nil { fields[name] = value.replacing("\r\n", with: "\n") }
        } else {
            throw broken
        }
    }

    /// A quoted parameter; browsers write `"` in it as `%22`.
    private static func parameter(_ name: String, of text: String) -> String? {
        guard let start = text.range(of: "; \(name)=\"") else { return nil }
        let rest = text[start.upperBound...]
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        return String(rest[..<end]).replacing("%22", with: "\"")
    }

    /// Where the pattern begins.
    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        let last = bytes.count - pattern.count
        while index <= last {
            guard let next = bytes[index...].firstIndex(of: pattern[0]), next <= last else { return nil }
            if bytes[next..<(next + pattern.count)].elementsEqual(pattern) { return next }
            index = next + 1
        }
        return nil
    }
}

extension String {
    /// The first place of the text, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? { self.ranges(of: text).first }
}
